package postgres_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/internal/pgtest"
	"github.com/troupedb/troupe/messages"
	"github.com/troupedb/troupe/shardworker/postgres"
)

func selfSigned(t *testing.T) (certificate, key []byte) {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "127.0.0.1"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	raw, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	require.NoError(t, err)
	secret, err := x509.MarshalECPrivateKey(private)
	require.NoError(t, err)
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: raw}),
		pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: secret})
}

func TestEncrypted(t *testing.T) {
	cluster := pgtest.Start(t)
	certificate, key := selfSigned(t)
	require.NoError(t, cluster.WriteFile("server.crt", certificate))
	require.NoError(t, cluster.WriteFile("server.key", key))
	require.NoError(t, cluster.Exec(`alter system set ssl = on`))
	require.NoError(t, cluster.Restart())
	b := open(t, postgres.Config{DSN: strings.Replace(cluster.TCPDSN(), "disable", "require", 1) + "&pool_max_conns=1"})
	const encrypted = `select ssl::text from pg_stat_ssl where pid = pg_backend_pid()`
	assert.Equal(t, "true", text(t, b, encrypted))
	pid := text(t, b, `select pg_backend_pid()::text`)
	assert.Equal(t, pid, text(t, b, `select pg_backend_pid()::text`), "the connection is used again")

	const sleep = `select pg_sleep(1000)`
	c := acquire(t, b)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan time.Time, 1)
	go func() {
		running(t, &cluster.Database, sleep)
		ended <- time.Now()
		cancel()
	}()
	assert.ErrorIs(t, queryOn(ctx, c, sleep).err, messages.ErrCanceled)
	assert.Less(t, time.Since(<-ended), soon)
	assert.Less(t, elapsed(c.Release), soon)
	eventually(t, func() bool {
		n, err := cluster.QueryInt(`select count(*) from pg_stat_activity where wait_event = 'PgSleep'`)
		return err == nil && n == 0
	}, "the server goes on with what was canceled")

	exec(t, b, `create table t (n int)`)
	for _, end := range []func() error{cluster.Restart, func() error { return cluster.Stop(false) }, cluster.Kill9} {
		require.NoError(t, end())
		require.NoError(t, cluster.StartAgain())
		exec(t, b, `insert into t values ($1)`, 1)
	}

	c = acquire(t, b)
	cur, err := c.Query(background(t), endless, nil)
	require.NoError(t, err)
	require.True(t, cur.Next())
	assert.Less(t, elapsed(func() { _, err = cur.Close() }), soon)
	assert.ErrorIs(t, err, messages.ErrCanceled)
	c.Release()
	assert.Equal(t, "true", text(t, b, encrypted))
}
