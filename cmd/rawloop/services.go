package main

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/rawloop/rawloop/rawsock/netdb"
)

// serviceList is what services --json prints.
type serviceList struct {
	Schema   string    `json:"schema"`
	Services []service `json:"services"`
}

type service struct {
	Name    string   `json:"name"`
	Port    uint16   `json:"port"`
	Proto   string   `json:"proto"`
	Aliases []string `json:"aliases,omitempty"`
}

func newServices() *cobra.Command {
	var (
		proto  string
		asJSON bool
	)
	cmd := &cobra.Command{
		Use:   "services [NAME|PORT]",
		Short: "Print the ports and names of services, as getservbyname and getservbyport do",
		Long: `Examples:
  rawloop services http --proto tcp
  rawloop services 443 --json
  rawloop services                    # all of them

The list is /etc/services, or a built-in one where that is missing. Names of services have a case; aliases count too.

Exit: 1 if there is no such service.`,
		Args: wantArgs(0, 1, "at most one NAME or PORT, as in rawloop services http"),
		RunE: verb(func(cmd *cobra.Command, args []string) error {
			list, err := findServices(args, proto)
			if err != nil {
				return err
			}
			if asJSON {
				return printJSON(cmd.OutOrStdout(), list)
			}
			table := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 2, ' ', 0)
			for _, s := range list.Services {
				line := fmt.Sprintf("%s\t%d/%s\t%s", s.Name, s.Port, s.Proto, strings.Join(s.Aliases, " "))
				fmt.Fprintln(table, strings.TrimRight(line, "\t"))
			}
			return table.Flush()
		}),
	}
	cmd.Flags().StringVar(&proto, "proto", "", "only services of this protocol, such as tcp")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object")
	return cmd
}

// findServices returns all services of a name or a port; without either, all.
func findServices(args []string, proto string) (*serviceList, error) {
	all, err := netdb.Getservent()
	if err != nil {
		return nil, err
	}
	list := &serviceList{Schema: "rawloop.services/1"}
	for _, s := range all {
		if (proto == "" || s.Proto == proto) && (len(args) == 0 || isService(s, args[0])) {
			list.Services = append(list.Services, service{s.Name, s.Port, s.Proto, s.Aliases})
		}
	}
	if len(list.Services) == 0 {
		return nil, fmt.Errorf("services %s: not found", strings.Trim(strings.Join(args, "")+"/"+proto, "/"))
	}
	return list, nil
}

func isService(s netdb.Servent, text string) bool {
	port, err := strconv.ParseUint(text, 10, 16)
	return s.Name == text || slices.Contains(s.Aliases, text) || err == nil && s.Port == uint16(port)
}
