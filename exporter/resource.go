// SPDX-License-Identifier: Apache-2.0

package exporter

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

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
	fromEnv, err := c.env.resourceAttributes()
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

func defaultServiceName() string {
	exe, err := os.Executable()
	if err != nil {
		return "unknown_service:go"
	}
	return "unknown_service:" + filepath.Base(exe)
}
