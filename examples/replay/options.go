// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
)

// Values of -format.
const (
	formatAuto  = "auto"
	formatJSONL = "jsonl"
	formatSSHD  = "sshd"
)

type options struct {
	files    []string
	format   string
	year     int
	service  string
	services int
	serve    string
	otlp     string
	findings string
	plain    bool
}

// parseOptions reads the command line. What is wrong with it goes to stderr, with the usage, and is returned.
func parseOptions(args []string, stderr io.Writer) (options, error) {
	var o options
	f := flag.NewFlagSet("replay", flag.ContinueOnError)
	f.SetOutput(stderr)
	f.Usage = func() {
		fmt.Fprintln(stderr, "usage: replay [flags] FILE...\n\nFILE is an authentication log, plain or gzip; - is standard input.")
		f.PrintDefaults()
	}
	f.StringVar(&o.format, "format", formatAuto, "`format` of the files: auto (each by its content), jsonl or sshd")
	f.IntVar(&o.year, "year", 0, "`year` of the first line of files whose stamps have none (default: the latest\nthat is not after the file's last change)")
	f.StringVar(&o.service, "service", "sshd", "`name` of the service that sshd's lines are recorded for")
	f.IntVar(&o.services, "services", 500, "`how many` services are told apart; the ones that come later are counted as _OTHER")
	f.StringVar(&o.serve, "serve", "", "serve /metrics on this `address`, such as 127.0.0.1:9464, until interrupted")
	f.StringVar(&o.otlp, "otlp", "", "push to this OTLP `endpoint`, such as http://127.0.0.1:4317")
	f.StringVar(&o.findings, "findings", "", "write what the detector finds to this `file`, a JSON object a line")
	f.BoolVar(&o.plain, "plain", false, "write sources and subjects of findings as they stand in the log, not their keyed hashes")
	if err := f.Parse(args); err != nil {
		return o, err // flag has said it
	}
	o.files = f.Args()
	if err := o.check(); err != nil {
		fmt.Fprintf(stderr, "replay: %v\n", err)
		f.Usage()
		return o, err
	}
	return o, nil
}

func (o *options) check() error {
	var errs []error
	switch o.format {
	case formatAuto, formatJSONL, formatSSHD:
	default:
		errs = append(errs, fmt.Errorf("-format: %q is not auto, jsonl or sshd", o.format))
	}
	if o.year != 0 && (o.year < 1970 || o.year > 9999) {
		errs = append(errs, fmt.Errorf("-year: %d is not from 1970 to 9999", o.year))
	}
	if o.service == "" {
		errs = append(errs, errors.New("-service: empty name"))
	}
	if o.services < 1 || o.services > 100_000 {
		errs = append(errs, fmt.Errorf("-services: %d is not from 1 to 100000", o.services))
	}
	if o.plain && o.findings == "" {
		errs = append(errs, errors.New("-plain: only with -findings"))
	}
	stdin := 0
	for _, name := range o.files {
		if name == "-" {
			stdin++
		}
	}
	switch {
	case len(o.files) == 0:
		errs = append(errs, errors.New("no FILE given"))
	case stdin > 1:
		errs = append(errs, errors.New("standard input can be read only once"))
	}
	return errors.Join(errs...)
}
