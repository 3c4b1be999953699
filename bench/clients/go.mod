module github.com/retainctl/retainctl/bench/clients

go 1.26.0

replace github.com/retainctl/retainctl => ../..

require (
	github.com/eclipse/paho.golang v0.23.0
	github.com/eclipse/paho.mqtt.golang v1.5.1
	github.com/gonzalop/mq v0.9.9
	github.com/retainctl/retainctl v0.0.0-00010101000000-000000000000
	golang.org/x/sync v0.24.0
)

require (
	github.com/coder/websocket v1.8.15 // indirect
	github.com/gorilla/websocket v1.5.3 // indirect
	golang.org/x/net v0.47.0 // indirect
	golang.org/x/time v0.16.0 // indirect
)
