// Command retainctl keeps the retained messages of MQTT brokers as HCL files declare them.
package main

import (
	"os"

	"github.com/retainctl/retainctl/cli"
)

func main() { os.Exit(cli.Run(os.Args[1:], cli.System())) }
