// SPDX-License-Identifier: Apache-2.0

package authcert_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.opentelemetry.io/otel"

	"github.com/datapunk/otelauth/instrument/adapters/authcert"
	"github.com/datapunk/otelauth/instrument/instrumenttest"
	"github.com/datapunk/otelauth/semconv"
)

// bubble runs a test on a clock that stands still while anybody works.
func bubble(t *testing.T, test func(*testing.T, *rig), opts ...authcert.Option) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) { test(t, newRig(t, opts...)) })
}

// look lets the files be read once.
func look() {
	time.Sleep(authcert.DefaultInterval)
	synctest.Wait()
}

func TestFirstPair(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		for range 3 {
			look()
		}
		r.wantServed(t, 1)
		r.got.Want("auth.credential.last_rotation.timestamp", 0)
		r.wantEnd(time.Now().Add(24*time.Hour - 3*authcert.DefaultInterval))
	})
}

func TestReplaced(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		next := r.ca.issue(t, 2, 48*time.Hour)
		r.write(t, next)
		r.wantServed(t, 1) // no handshake reads a file
		look()
		r.wantServed(t, 2)
		r.wantRotations(1, scheduled, success)
		r.got.Want("auth.credential.last_rotation.timestamp", float64(time.Now().Unix()))
		r.wantEnd(next.end)
		look()
		r.wantRotations(1, scheduled, success)
	})
}

// The pair is replaced after the one before it has ended.
func TestReplacedTooLate(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		time.Sleep(25 * time.Hour)
		r.wantServed(t, 1)
		writeFile(t, r.key, []byte("chaff"))
		look()
		look()
		r.wantRotations(1, expiry, failed)
		next := r.ca.issue(t, 2, 48*time.Hour)
		r.write(t, next)
		look()
		r.wantServed(t, 2)
		r.wantRotations(1, expiry, success)
		r.wantEnd(next.end)
	})
}

// A writer who is between the two files, or within one, is no failure.
func TestHalfWritten(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		var next pair
		for i, half := range []func(){
			func() { writeFile(t, r.cert, next.cert) },
			func() { writeFile(t, r.key, next.key) },
			func() { writeFile(t, r.cert, next.cert[:len(next.cert)/2]) },
			func() { writeFile(t, r.key, nil) },
			func() { remove(t, r.cert) },
		} {
			next = r.ca.issue(t, int64(2+i), 48*time.Hour)
			half()
			look()
			r.wantServed(t, int64(1+i))
			r.write(t, next)
			look()
			r.wantServed(t, int64(2+i))
		}
		r.wantRotations(5, scheduled, success)
		r.wantEnd(next.end)
		if len(r.told) > 0 {
			t.Error("an error was told of:", <-r.told)
		}
	})
}

// What stays broken is counted and told of once, and served as it was.
func TestBroken(t *testing.T) {
	for name, damage := range map[string]func(t *testing.T, r *rig){
		"certificate gone": func(t *testing.T, r *rig) { remove(t, r.cert) },
		"key gone":         func(t *testing.T, r *rig) { remove(t, r.key) },
		"a directory":      func(t *testing.T, r *rig) { remove(t, r.key); _ = os.Mkdir(r.key, 0o700) },
		"empty":            func(t *testing.T, r *rig) { writeFile(t, r.cert, nil) },
		"chaff":            func(t *testing.T, r *rig) { writeFile(t, r.cert, []byte("chaff")) },
		"another's key":    func(t *testing.T, r *rig) { writeFile(t, r.key, r.ca.issue(t, 9, time.Hour).key) },
		"the wrong way round": func(t *testing.T, r *rig) {
			p := r.ca.issue(t, 9, time.Hour)
			r.write(t, pair{cert: p.key, key: p.cert})
		},
		"a chain cut short": func(t *testing.T, r *rig) {
			next := r.ca.issue(t, 9, time.Hour)
			next.cert = append(next.cert, r.ca.pem[:len(r.ca.pem)/2]...)
			r.write(t, next)
		},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T, r *rig) {
				end := time.Now().Add(24 * time.Hour)
				damage(t, r)
				for range 5 {
					look()
				}
				r.wantServed(t, 1)
				r.wantRotations(1, scheduled, failed)
				r.wantEnd(end)
				if len(r.told) != 1 {
					t.Errorf("told of %d errors, want 1", len(r.told))
				}
				if err := r.Reload(t.Context()); err == nil {
					t.Error("Reload hides the error")
				}
				r.wantRotations(1, scheduled, failed)

				_ = os.Remove(r.key)
				next := r.ca.issue(t, 2, 48*time.Hour)
				r.write(t, next)
				look()
				r.wantServed(t, 2)
				r.wantRotations(1, scheduled, success)
				r.wantEnd(next.end)
			})
		})
	}
}

func remove(t *testing.T, path string) {
	t.Helper()
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
}

// Each attempt that failed is one, also where a good pair was there between two
// that failed alike.
func TestBrokenAgain(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		first, err := os.ReadFile(r.cert)
		if err != nil {
			t.Fatal(err)
		}
		second := r.ca.issue(t, 2, 48*time.Hour)
		for _, step := range []func(){
			func() { writeFile(t, r.cert, []byte("chaff")) },
			func() { writeFile(t, r.cert, first) },
			func() { writeFile(t, r.cert, []byte("chaff")) },
			func() { writeFile(t, r.cert, []byte("husk")) },
			func() { r.write(t, second) },
			func() { writeFile(t, r.cert, []byte("husk")) },
			func() { r.write(t, second) },
			func() { r.write(t, pair{}) },
			func() { remove(t, r.cert); remove(t, r.key) },
		} {
			step()
			look()
			look()
		}
		r.wantServed(t, 2)
		r.wantRotations(6, scheduled, failed)
		r.wantRotations(1, scheduled, success)
		r.wantEnd(second.end)

		third := r.ca.issue(t, 3, 48*time.Hour)
		r.write(t, third)
		look() // once
		remove(t, r.cert)
		remove(t, r.key)
		look()
		look()
		r.wantRotations(7, scheduled, failed)
		r.wantRotations(2, scheduled, success)
		r.wantEnd(third.end)
	})
}

// A mounted secret: both files are links through one link, which is swapped.
func TestSwappedLink(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		dir := filepath.Dir(r.cert)
		data := filepath.Join(dir, "..data")
		version := func(name string, p pair) {
			v := filepath.Join(dir, name)
			if err := os.Mkdir(v, 0o700); err != nil {
				t.Fatal(err)
			}
			writeFile(t, filepath.Join(v, "tls.crt"), p.cert)
			writeFile(t, filepath.Join(v, "tls.key"), p.key)
			if err := errors.Join(os.Symlink(v, data+"new"), os.Rename(data+"new", data)); err != nil {
				t.Fatal(err)
			}
		}
		version("v2", r.ca.issue(t, 2, 48*time.Hour))
		for _, path := range []string{r.cert, r.key} {
			remove(t, path)
			if err := os.Symlink(filepath.Join(data, filepath.Base(path)), path); err != nil {
				t.Fatal(err)
			}
		}
		look()
		r.wantServed(t, 2)
		version("v3", r.ca.issue(t, 3, 48*time.Hour))
		look()
		r.wantServed(t, 3)
		r.wantRotations(2, scheduled, success)
	})
}

func TestReload(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		if err := r.Reload(t.Context()); err != nil { // nothing is new
			t.Error(err)
		}
		writeFile(t, r.cert, []byte("chaff"))
		for range 2 {
			if err := r.Reload(t.Context()); err == nil {
				t.Error("Reload hides the error")
			}
		}
		r.wantServed(t, 1)
		r.wantRotations(1, manual, failed)
		next := r.ca.issue(t, 2, 48*time.Hour)
		r.write(t, next)
		if err := r.Reload(t.Context()); err != nil {
			t.Error(err)
		}
		r.wantServed(t, 2)
		r.wantRotations(1, manual, success)
		look()
		r.wantEnd(next.end)
		if len(r.told) > 0 {
			t.Error("an error that was returned was told of as well:", <-r.told)
		}
	})
}

func TestInterval(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		r.write(t, r.ca.issue(t, 2, 48*time.Hour))
		look()
		r.wantServed(t, 1)
		time.Sleep(time.Minute)
		synctest.Wait()
		r.wantServed(t, 2)
	}, authcert.WithInterval(time.Minute), nil)
}

func TestClose(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		r.Close()
		r.Close()
		r.write(t, r.ca.issue(t, 2, 48*time.Hour))
		time.Sleep(time.Hour)
		r.wantServed(t, 1)
		if err := r.Reload(t.Context()); err != nil {
			t.Error(err)
		}
		r.wantServed(t, 2)
	})
}

// The error handler is somebody else's code, and may close what it hears of.
func TestCloseFromTheErrorHandler(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		otel.SetErrorHandler(otel.ErrorHandlerFunc(func(error) { r.Close() }))
		writeFile(t, r.cert, []byte("chaff"))
		look()
		look()
		r.write(t, r.ca.issue(t, 2, 48*time.Hour))
		time.Sleep(time.Hour)
		r.wantServed(t, 1)
	})
}

// A program that starts before its certificate is there gets it when it comes.
func TestNoPairYet(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rec, got := instrumenttest.New(t)
		dir, ca := t.TempDir(), newAuthority(t)
		r := &rig{ca: ca, cert: filepath.Join(dir, "c"), key: filepath.Join(dir, "k"), got: got}
		r.listen(t)
		var err error
		r.Reloader, err = authcert.New(r.cert, r.key, rec.Service("api").Credential(semconv.CredentialTypeCertificate),
			authcert.WithInterval(-time.Second))
		defer r.Close()
		if !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), "WithInterval(-1s)") {
			t.Errorf("got %v, want both errors", err)
		}
		look()
		look()
		if _, err := r.GetCertificate(nil); err == nil {
			t.Error("there is a certificate")
		}
		if _, err := r.GetClientCertificate(nil); err == nil {
			t.Error("there is a client certificate")
		}
		got.WantNothingElse()
		if len(r.told) > 0 {
			t.Error("told again of what New has returned:", <-r.told)
		}
		first := ca.issue(t, 1, time.Hour)
		r.write(t, first)
		look() // the option that was refused is left out
		r.wantServed(t, 1)
		r.wantEnd(first.end)
	})
}

// A key that is given where its path should be is not repeated.
func TestContentInPlaceOfAPath(t *testing.T) {
	p := newAuthority(t).issue(t, 1, time.Hour)
	r, err := authcert.New(string(p.cert), string(p.key), nil)
	if r.Close(); err == nil || strings.Contains(err.Error(), "BEGIN") || strings.Contains(err.Error(), string(p.key[40:60])) {
		t.Errorf("got %v", err)
	}
}

func TestNil(t *testing.T) {
	var none *authcert.Reloader
	none.Close()
	if _, err := none.GetCertificate(nil); err == nil {
		t.Error("nil has a certificate")
	}
	if _, err := none.GetClientCertificate(nil); err == nil {
		t.Error("nil has a client certificate")
	}
	if none.Reload(t.Context()) == nil {
		t.Error("nil can be reloaded")
	}
	new(authcert.Reloader).Close()

	dir, ca := t.TempDir(), newAuthority(t)
	f := &rig{cert: filepath.Join(dir, "c"), key: filepath.Join(dir, "k")}
	f.write(t, ca.issue(t, 1, time.Hour))
	r, err := authcert.New(f.cert, f.key, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	f.write(t, ca.issue(t, 2, time.Hour))
	if err := r.Reload(t.Context()); err != nil || served(t, r) != 2 {
		t.Errorf("serving %d without a handle: %v", served(t, r), err)
	}
}
