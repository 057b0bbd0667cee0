package queue

import (
	"encoding/binary"
	"errors"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"
	"weak"
)

// mustPush pushes what must fit.
func mustPush[T any](t testing.TB, q *Queue[T], v T, data string) {
	t.Helper()
	if _, err := q.Push(v, []byte(data)); err != nil {
		t.Fatal(err)
	}
}

func TestBounds(t *testing.T) {
	for _, c := range []struct {
		name               string
		maxItems, maxBytes int
		sizes              []int
		refused            []int // indices in sizes
	}{
		{"items", 2, 100, []int{0, 0, 0}, []int{2}},
		{"bytes", 9, 10, []int{4, 6, 1, 0}, []int{2}},
		{"smaller fits later", 9, 10, []int{4, 7, 6}, []int{1}},
		{"too large at all", 9, 10, []int{11, 10}, []int{0}},
		{"nothing allowed", 0, 0, []int{0}, []int{0}},
		{"no bytes allowed", 9, 0, []int{1, 0}, []int{0}},
	} {
		t.Run(c.name, func(t *testing.T) {
			q := New[int](c.maxItems, c.maxBytes)
			var want, got []int
			for range 3 { // what was drained makes room again
				want, got = nil, nil
				for i, size := range c.sizes {
					_, err := q.Push(i, make([]byte, size))
					if slices.Contains(c.refused, i) {
						if !errors.Is(err, ErrFull) {
							t.Fatalf("push %d: %v", i, err)
						}
						continue
					}
					if err != nil {
						t.Fatalf("push %d: %v", i, err)
					}
					want = append(want, i)
				}
				if q.Len() != len(want) {
					t.Fatalf("Len = %d", q.Len())
				}
				q.Drain(func(i int, data []byte) {
					if len(data) != c.sizes[i] {
						t.Errorf("item %d has %d bytes", i, len(data))
					}
					got = append(got, i)
				})
				if !slices.Equal(got, want) {
					t.Fatalf("ran %v, want %v", got, want)
				}
			}
		})
	}
}

func TestRunningBatchCountsForTheBounds(t *testing.T) {
	q := New[int](2, 8)
	mustPush(t, q, 1, "12345678")
	q.Drain(func(int, []byte) {
		if _, err := q.Push(2, []byte("x")); !errors.Is(err, ErrFull) {
			t.Errorf("bytes: %v", err)
		}
		if wake, err := q.Push(2, nil); !wake || err != nil {
			t.Errorf("second item: %v, %v", wake, err)
		}
		if _, err := q.Push(3, nil); !errors.Is(err, ErrFull) {
			t.Errorf("items: %v", err)
		}
	})
	if n := q.Drain(func(int, []byte) {}); n != 1 {
		t.Errorf("second Drain ran %d", n)
	}
}

func TestWakeOnlyForTheFirst(t *testing.T) {
	q := New[int](10, 10)
	for range 2 {
		for i := range 3 {
			wake, err := q.Push(i, nil)
			if wake != (i == 0) || err != nil {
				t.Fatalf("push %d: %v, %v", i, wake, err)
			}
		}
		q.Drain(func(int, []byte) {})
	}
}

func TestClose(t *testing.T) {
	q := New[int](10, 10)
	mustPush(t, q, 7, "data")
	if left := q.Close(); left != 1 {
		t.Errorf("left = %d", left)
	}
	if wake, err := q.Push(8, nil); wake || !errors.Is(err, ErrClosed) {
		t.Errorf("push after Close: %v, %v", wake, err)
	}
	n := q.Drain(func(v int, data []byte) {
		if v != 7 || string(data) != "data" {
			t.Errorf("ran %d %q", v, data)
		}
	})
	if left := q.Close(); n != 1 || left != 0 {
		t.Errorf("ran %d, left %d", n, left)
	}
}

func TestPanicLeavesTheRestToTheNextDrain(t *testing.T) {
	q := New[int](10, 10)
	for i := range 3 {
		mustPush(t, q, i, "x")
	}
	var ran []int
	for panics := 3; panics > 0; panics-- {
		func() {
			defer func() { _ = recover() }()
			q.Drain(func(v int, _ []byte) {
				ran = append(ran, v)
				panic("run")
			})
		}()
		if q.Len() == 0 {
			t.Fatal("Len = 0 before the batch was released")
		}
	}
	if n := q.Drain(nil); n != 0 || q.Len() != 0 || !slices.Equal(ran, []int{0, 1, 2}) {
		t.Fatalf("ran %v, then %d, Len %d", ran, n, q.Len())
	}
}

func TestDataIsACopyWithoutRoomBehind(t *testing.T) {
	q := New[int](10, 100)
	b := []byte("first")
	if _, err := q.Push(0, b); err != nil {
		t.Fatal(err)
	}
	copy(b, "XXXXX")
	mustPush(t, q, 1, "second")
	want := []string{"first", "second"}
	q.Drain(func(i int, data []byte) {
		if string(data) != want[i] {
			t.Errorf("data %d = %q", i, data)
		}
		_ = append(data, "overwrites"...)
	})
}

func TestKeepsNothingAlive(t *testing.T) {
	q := New[*[64]byte](10, 10)
	v := new([64]byte)
	w := weak.Make(v)
	mustPush(t, q, v, "")
	q.Drain(func(*[64]byte, []byte) {})
	v = nil
	runtime.GC()
	if w.Value() != nil {
		t.Error("an item that was run is still reachable")
	}
	runtime.KeepAlive(q)
}

func TestReleasesTheMemoryOfABurst(t *testing.T) {
	q := New[int](1<<20, 8<<20)
	for range keptItems + 1 {
		mustPush(t, q, 0, "")
	}
	if _, err := q.Push(0, make([]byte, keptBytes+1)); err != nil {
		t.Fatal(err)
	}
	q.Drain(func(int, []byte) {})
	if n, m := cap(q.out.items), cap(q.out.arena); n != 0 || m != 0 {
		t.Errorf("kept room for %d items and %d bytes", n, m)
	}
}

// Producers push until the queue takes it; the consumer sleeps until it is woken.
// Every item must come once, in its producer's order and with its own data.
func TestManyProducers(t *testing.T) {
	const producers, each = 8, 100_000
	type id struct{ producer, n int }
	q := New[id](4096, 64<<10)
	woken := make(chan struct{}, 1)
	produce := func(p int) {
		var data [8]byte
		for n := 0; n < each; {
			binary.LittleEndian.PutUint64(data[:], uint64(p*each+n))
			wake, err := q.Push(id{p, n}, data[:n%9])
			if wake {
				select {
				case woken <- struct{}{}:
				default:
				}
			}
			if err == nil {
				n++
			} else {
				runtime.Gosched()
			}
		}
	}
	var wg sync.WaitGroup
	for p := range producers {
		wg.Go(func() { produce(p) })
	}
	var next [producers]int
	run := func(v id, data []byte) {
		var want [8]byte
		binary.LittleEndian.PutUint64(want[:], uint64(v.producer*each+v.n))
		if v.n != next[v.producer] || string(data) != string(want[:v.n%9]) {
			t.Errorf("producer %d: item %d with %x, want item %d", v.producer, v.n, data, next[v.producer])
		}
		next[v.producer] = v.n + 1
	}
	timeout := time.After(time.Minute)
	for total := 0; total < producers*each; {
		select {
		case <-woken:
			total += q.Drain(run)
		case <-timeout:
			t.Fatalf("a wake was lost: %d of %d items after a minute, Len %d", total, producers*each, q.Len())
		}
	}
	wg.Wait()
	if n := q.Drain(run); n != 0 || q.Len() != 0 {
		t.Errorf("%d items too many, Len %d", n, q.Len())
	}
}

// What Push accepted while another goroutine closes is run, and nothing else.
func TestCloseWhilePushing(t *testing.T) {
	for range 200 {
		q := New[int](1<<20, 0)
		accepted := make([]int, 4)
		var wg sync.WaitGroup
		for p := range accepted {
			wg.Go(func() {
				for {
					if _, err := q.Push(p, nil); err != nil {
						return
					}
					accepted[p]++
				}
			})
		}
		for q.Len() == 0 {
			runtime.Gosched()
		}
		left := q.Close()
		ran := make([]int, len(accepted))
		q.Drain(func(p int, _ []byte) { ran[p]++ })
		wg.Wait()
		if !slices.Equal(ran, accepted) || left != ran[0]+ran[1]+ran[2]+ran[3] {
			t.Fatalf("ran %v of %v, left %d", ran, accepted, left)
		}
	}
}

func TestDoesNotAllocate(t *testing.T) {
	q := New[func()](100, 1<<20)
	n, data := 0, make([]byte, 1000)
	fn := func() { n++ }
	run := func(fn func(), _ []byte) { fn() }
	if allocs := testing.AllocsPerRun(1000, func() {
		for range 50 {
			_, _ = q.Push(fn, data)
		}
		q.Drain(run)
		q.Drain(run)
	}); allocs != 0 {
		t.Errorf("%v allocations a run", allocs)
	}
	if n != 50*1001 {
		t.Errorf("ran %d", n)
	}
}
