package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
)

// many is no bound for wantArgs.
const many = 1 << 20

// wantArgs differs from cobra's own checks in that the error says what is wanted.
func wantArgs(least, most int, what string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) < least || len(args) > most {
			return usagef("%s wants %s", cmd.Name(), what)
		}
		return nil
	}
}

// engineVar defines --engine.
func engineVar(cmd *cobra.Command, engine *string, usage string) {
	const name = "engine"
	cmd.Flags().StringVar(engine, name, engineLoop, usage+strings.Join(engines, ", "))
	// It can only complain about a flag that is not defined.
	_ = cmd.RegisterFlagCompletionFunc(name, cobra.FixedCompletions(engines, cobra.ShellCompDirectiveNoFileComp))
}

// completeAddress offers the schemes, and behind unix:// the files of the directory.
func completeAddress(_ *cobra.Command, _ []string, word string) ([]cobra.Completion, cobra.ShellCompDirective) {
	const scheme = "unix://"
	const noFiles = cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
	path, ok := strings.CutPrefix(word, scheme)
	if !ok {
		return []cobra.Completion{"tcp://", scheme, "fd://"}, noFiles
	}
	dir, base := filepath.Split(path)
	entries, _ := os.ReadDir(filepath.Clean(dir)) // the clean form of "" is "."
	var found []cobra.Completion
	for _, e := range entries {
		switch name := e.Name(); {
		case !strings.HasPrefix(name, base):
		case e.IsDir():
			found = append(found, scheme+dir+name+"/")
		default:
			found = append(found, scheme+dir+name)
		}
	}
	return found, noFiles
}

func newCompletion() *cobra.Command {
	return &cobra.Command{
		Use:   "completion bash|zsh|fish|powershell",
		Short: "Print a completion script for a shell",
		Long: `Examples:
  source <(rawloop completion bash)
  rawloop completion zsh > "${fpath[1]}/_rawloop"
  rawloop completion fish | source`,
		ValidArgs: []string{"bash", "zsh", "fish", "powershell"},
		Args:      cobra.MatchAll(cobra.ExactArgs(1), cobra.OnlyValidArgs),
		RunE: verb(func(cmd *cobra.Command, args []string) error {
			root, w := cmd.Root(), cmd.OutOrStdout()
			switch args[0] {
			case "bash":
				return root.GenBashCompletionV2(w, true)
			case "zsh":
				return root.GenZshCompletion(w)
			case "fish":
				return root.GenFishCompletion(w, true)
			case "powershell":
				return root.GenPowerShellCompletionWithDesc(w)
			}
			return fmt.Errorf("no completion for %s", args[0])
		}),
	}
}
