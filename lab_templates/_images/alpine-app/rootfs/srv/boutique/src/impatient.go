package main

import (
	"context"
	"net"
	"time"
)

const patience = 4 * time.Second

// impatient opens links that give up when the server is silent: a frozen database still
// acknowledges what it gets, and lib/pq would wait for its answer for ever.
type impatient struct{ net.Dialer }

type link struct{ net.Conn }

func (l link) Read(text []byte) (int, error) {
	if err := l.SetReadDeadline(time.Now().Add(patience)); err != nil {
		return 0, err
	}
	return l.Conn.Read(text)
}

func (d *impatient) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	connection, err := d.Dialer.DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	return link{connection}, nil
}

// DialTimeout is asked for by lib/pq's older interface.
func (d *impatient) DialTimeout(network, address string, limit time.Duration) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	return d.DialContext(ctx, network, address)
}
