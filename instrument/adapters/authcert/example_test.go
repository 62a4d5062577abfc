// SPDX-License-Identifier: Apache-2.0

package authcert_test

import (
	"crypto/tls"
	"fmt"

	"github.com/datapunk/otelauth/instrument/adapters/authcert"
	"github.com/datapunk/otelauth/instrument/instrumenttest"
	"github.com/datapunk/otelauth/semconv"
)

// printT stands for the *testing.T of a test.
type printT struct{}

func (printT) Helper()                           {}
func (printT) Errorf(format string, args ...any) { fmt.Printf(format+"\n", args...) }

// The program starts although its certificate is not there yet, and serves as
// soon as it is.
func Example() {
	rec, got := instrumenttest.New(printT{}) // in a service: instrument.New
	api := rec.Service("api")

	certs, err := authcert.New("testdata/tls.crt", "testdata/tls.key", api.Credential(semconv.CredentialTypeCertificate))
	if err != nil {
		fmt.Println(err)
	}
	defer certs.Close()
	config := tls.Config{GetCertificate: certs.GetCertificate}

	_, err = config.GetCertificate(&tls.ClientHelloInfo{})
	fmt.Println(err)
	got.WantNothingElse()
	// Output:
	// authcert: certificate: open testdata/tls.crt: no such file or directory
	// key: open testdata/tls.key: no such file or directory
	// authcert: there is no certificate yet
}
