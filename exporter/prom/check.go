// SPDX-License-Identifier: Apache-2.0

package prom

import (
	"errors"
	"fmt"
)

// with applies the options.
func (c config) with(opts []Option) (config, error) {
	var err error
	for _, o := range opts {
		if o == nil {
			err = errors.New("prom: nil option")
			continue
		}
		c = o.apply(c)
	}
	return c, err
}

// check finds whatever is wrong with the options, all at once.
func (c config) check() (webSettings, error) {
	var errs []error
	if c.maxRequests < 1 {
		errs = append(errs, fmt.Errorf("prom: WithMaxRequests(%d): at least 1", c.maxRequests))
	}
	if c.tokenOwn {
		errs = append(errs, checkToken(c.token))
	}
	errs = append(errs, c.checkHostNames())
	if c.withServer {
		web, err := c.checkServer()
		return web, errors.Join(append(errs, err)...)
	}
	if c.addressOwn {
		errs = append(errs, fmt.Errorf("prom: WithAddress(%q): has no effect together with WithoutServer", c.address))
	}
	if len(c.hostNames) > 0 {
		errs = append(errs, fmt.Errorf("prom: WithHostNames(%q): has no effect together with WithoutServer", c.hostNames))
	}
	if c.webOwn {
		errs = append(errs, fmt.Errorf("prom: WithWebConfigFile(%q): has no effect together with WithoutServer", c.webConfig))
	}
	return webSettings{}, errors.Join(errs...)
}

func (c config) checkServer() (web webSettings, err error) {
	var errs []error
	webOK := true
	if c.webOwn {
		file, err := loadWebConfig(c.webConfig, c.fileChecks)
		if err != nil {
			errs = append(errs, fmt.Errorf("prom: WithWebConfigFile(%q): %w", c.webConfig, err))
			webOK = false
		} else {
			web = web.with(file)
		}
		errs = append(errs, c.checkCredentials(web))
	}
	web.addr, err = resolve(c.address)
	if err == nil && webOK {
		err = c.checkExposure(web)
	}
	if err != nil {
		errs = append(errs, c.addressError(err))
	}
	return web, errors.Join(errs...)
}

func (c config) checkCredentials(web webSettings) error {
	if web.users && c.tokenOwn {
		return fmt.Errorf("prom: WithBearerToken: the web configuration %q has basic_auth_users, and a request cannot carry both", c.webConfig)
	}
	return nil
}

// addressError says where a wrong address came from.
func (c config) addressError(err error) error {
	if c.addressOwn {
		return fmt.Errorf("prom: WithAddress(%q): %w", c.address, err)
	}
	return fmt.Errorf("prom: %s %q: %w", c.addressFrom, c.address, err)
}
