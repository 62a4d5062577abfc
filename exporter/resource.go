// SPDX-License-Identifier: Apache-2.0

package exporter

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"unicode/utf8"

	"github.com/google/uuid"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/resource"
)

const (
	serviceNameKey       = attribute.Key("service.name")
	serviceInstanceIDKey = attribute.Key("service.instance.id")
)

// newResource says where the metrics come from: the SDK's name and version, the
// service's name, an instance id made at random so that replicas differ, and
// what the environment and the caller add. No detector of OpenTelemetry's is
// asked for the host, the process or its owner: command lines and user names
// are nobody's business.
func newResource(ctx context.Context, c config) (*resource.Resource, error) {
	// The SDK takes these two variables whatever we do. Reading them here keeps
	// the default name from going over theirs, and says what is wrong with them.
	fromEnv, err := environment(os.Getenv).resourceAttributes()
	attrs := append([]attribute.KeyValue{
		serviceNameKey.String(defaultServiceName()),
		serviceInstanceIDKey.String(uuid.NewString()),
	}, fromEnv...)
	attrs = append(attrs, c.attributes...)
	if c.serviceName != "" {
		attrs = append(attrs, serviceNameKey.String(c.serviceName))
	}
	res, rerr := resource.New(ctx, resource.WithTelemetrySDK(), resource.WithAttributes(attrs...))
	switch {
	case err != nil:
		return nil, err
	case rerr != nil:
		return nil, fmt.Errorf("exporter: resource: %w", rerr)
	}
	return res, nil
}

// validUTF8 is asked because one wrong byte costs all of target_info, and every
// push.
func validUTF8(kv attribute.KeyValue) bool {
	valid := utf8.ValidString(string(kv.Key))
	switch kv.Value.Type() {
	case attribute.STRING:
		valid = valid && utf8.ValidString(kv.Value.AsString())
	case attribute.STRINGSLICE:
		for _, s := range kv.Value.AsStringSlice() {
			valid = valid && utf8.ValidString(s)
		}
	}
	return valid
}

func defaultServiceName() string {
	exe, err := os.Executable()
	if err != nil {
		return "unknown_service:go"
	}
	return "unknown_service:" + filepath.Base(exe)
}
