// SPDX-License-Identifier: Apache-2.0

package semconv

// Version is the version of this module, and of every instrumentation scope in
// it. The version in [SchemaURL] is that of the names, which change less often.
const Version = "0.1.0"
