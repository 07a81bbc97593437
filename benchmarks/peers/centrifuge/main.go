// A small server around the library centrifuge: one line of JSON in, one out, as the other peers.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/centrifugal/centrifuge"
)

type question struct {
	Channels []string `json:"channels"`
	Revision int64    `json:"revision"`
}

func main() {
	var limit syscall.Rlimit
	if syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit) == nil {
		limit.Cur = limit.Max
		_ = syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit)
	}
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(make([]byte, 1<<20), 1<<24)
	lines.Scan()
	templates := map[string]string{}
	if err := json.Unmarshal(lines.Bytes(), &templates); err != nil {
		log.Fatal(err)
	}

	node, err := centrifuge.New(centrifuge.Config{LogLevel: centrifuge.LogLevelNone})
	if err != nil {
		log.Fatal(err)
	}
	node.OnConnecting(func(context.Context, centrifuge.ConnectEvent) (centrifuge.ConnectReply, error) {
		return centrifuge.ConnectReply{Credentials: &centrifuge.Credentials{UserID: "bench"}}, nil
	})
	node.OnConnect(func(client *centrifuge.Client) {
		client.OnSubscribe(func(_ centrifuge.SubscribeEvent, answer centrifuge.SubscribeCallback) {
			answer(centrifuge.SubscribeReply{}, nil)
		})
	})
	if err := node.Run(); err != nil {
		log.Fatal(err)
	}
	// As patient with a machine that stalls as the other servers are.
	handler := centrifuge.NewWebsocketHandler(node, centrifuge.WebsocketConfig{
		UseWriteBufferPool: true, WriteTimeout: 10 * time.Second,
	})
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	go func() { log.Fatal(http.Serve(listener, handler)) }()
	fmt.Printf("{\"port\":%d,\"pid\":%d}\n", listener.Addr().(*net.TCPAddr).Port, os.Getpid())

	for lines.Scan() {
		var asked question
		if err := json.Unmarshal(lines.Bytes(), &asked); err != nil {
			log.Fatal(err)
		}
		if len(asked.Channels) == 0 {
			for channel := range templates {
				asked.Channels = append(asked.Channels, channel)
			}
		}
		for _, channel := range asked.Channels {
			message := strings.Replace(templates[channel], "@", strconv.FormatInt(asked.Revision, 10), 1)
			if _, err := node.Publish(channel, []byte(message)); err != nil {
				log.Fatal(err)
			}
		}
		fmt.Println("true")
	}
}
