// SPDX-License-Identifier: Apache-2.0

// Package authcert serves a certificate whose files are replaced from time to
// time, without a restart, and records when it ends and how each replacement
// went.
//
//	certs, err := authcert.New("tls.crt", "tls.key", api.Credential(semconv.CredentialTypeCertificate))
//	if err != nil {
//		return err
//	}
//	defer certs.Close()
//	server.TLSConfig = &tls.Config{GetCertificate: certs.GetCertificate, MinVersion: tls.VersionTLS12}
//
// A client has GetClientCertificate in place of GetCertificate.
//
// # Reloading
//
// The two files are read every ten seconds (see [WithInterval]), whatever the
// number of handshakes, and what they hold is compared: times of change say
// nothing of a mounted secret, which changes by a swapped link. A handshake takes
// the pair that is in memory. It reads no file, takes no lock and records nothing.
//
// A pair that cannot be read, is cut short or does not fit together is not
// served: the old one stays, as long as it takes. What is there at one reading and
// not at the next, such as a new certificate beside the old key, is a replacement
// under way and no failure.
//
// # What is recorded
//
//   - auth.credential.expiration.timestamp: when the served certificate ends,
//     without those above it in the chain.
//   - auth.credential.rotations: a replacement, with trigger scheduled, or expiry
//     if the certificate before it had ended already, or manual by
//     [Reloader.Reload]. One that failed has result error, and is counted once
//     for what the files then hold, however long they do; its error goes to the
//     error handler of OpenTelemetry.
//   - auth.credential.last_rotation.timestamp: when the last one succeeded.
//
// The first pair is no replacement. One handle shows one certificate: of several
// on one handle, the one that was replaced last.
package authcert
