// tests/interop: does a C2SP implementation that is not ours accept what onrecord writes?
//
//	interop proof LEAF WORKER-KEY [WITNESS-KEY ...] < FILE    a tlog-proof@v1; LEAF is the base64 of the 152 bytes
//	interop consistent OLD-SIZE OLD-ROOT SIZE ROOT HASH ...   hashes in hex
//	interop note KEY ... < NOTE                               a signed note and the keys that must all have signed it
//
// Notes are read by golang.org/x/mod/sumdb/note, proofs by golang.org/x/mod/sumdb/tlog; cosignatures (key type 0x04) go through note's
// Verifier interface, with crypto/ed25519. Exit code 0: accepted; 1: refused, with the reason.
package main

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// cosigner verifies cosignature/v1: eight bytes of time, then Ed25519 over a header with that time and the text.
type cosigner struct {
	name string
	hash uint32
	key  ed25519.PublicKey
}

func (c *cosigner) Name() string    { return c.name }
func (c *cosigner) KeyHash() uint32 { return c.hash }
func (c *cosigner) Verify(msg, sig []byte) bool {
	if len(sig) != 8+ed25519.SignatureSize {
		return false
	}
	head := fmt.Sprintf("cosignature/v1\ntime %d\n", binary.BigEndian.Uint64(sig))
	return ed25519.Verify(c.key, append([]byte(head), msg...), sig[8:])
}

// verifier reads a verifier key of either type.
func verifier(text string) (note.Verifier, error) {
	part := strings.SplitN(text, "+", 3)
	if len(part) != 3 {
		return nil, fmt.Errorf("%q is no verifier key", text)
	}
	key, err := base64.StdEncoding.DecodeString(part[2])
	if err != nil || len(key) != 1+ed25519.PublicKeySize {
		return nil, fmt.Errorf("%q is no verifier key of 32 bytes", text)
	}
	if key[0] != 4 {
		return note.NewVerifier(text)
	}
	sum := sha256.Sum256(append([]byte(part[0]+"\n"), key...))
	if hex.EncodeToString(sum[:4]) != part[1] {
		return nil, fmt.Errorf("%q has another key id", text)
	}
	return &cosigner{part[0], binary.BigEndian.Uint32(sum[:4]), key[1:]}, nil
}

// open reads a note that all the keys must have signed.
func open(text []byte, keys []string) (string, error) {
	var list []note.Verifier
	for _, key := range keys {
		v, err := verifier(key)
		if err != nil {
			return "", err
		}
		list = append(list, v)
	}
	n, err := note.Open(text, note.VerifierList(list...))
	if err != nil {
		return "", err
	}
	if len(n.Sigs) != len(keys) {
		return "", fmt.Errorf("%d of %d keys signed", len(n.Sigs), len(keys))
	}
	return n.Text, nil
}

func hash(data []byte, err error) (h tlog.Hash, _ error) {
	if err == nil && len(data) != len(h) {
		err = errors.New("a hash has 32 bytes")
	}
	copy(h[:], data)
	return h, err
}

// proof checks a tlog-proof@v1: that the leaf is record `index` of the checkpoint's tree, which the keys signed.
func proof(leaf string, keys []string, file string) error {
	head, checkpoint, ok := strings.Cut(file, "\n\n")
	lines := strings.Split(head, "\n")
	if !ok || len(lines) < 2 || lines[0] != "c2sp.org/tlog-proof@v1" || !strings.HasPrefix(lines[1], "index ") {
		return errors.New("no tlog-proof")
	}
	index, err := strconv.ParseInt(strings.TrimPrefix(lines[1], "index "), 10, 64)
	if err != nil {
		return err
	}
	var path tlog.RecordProof
	for _, line := range lines[2:] {
		h, err := hash(base64.StdEncoding.DecodeString(line))
		if err != nil {
			return err
		}
		path = append(path, h)
	}
	text, err := open([]byte(checkpoint), keys)
	if err != nil {
		return err
	}
	row := strings.Split(text, "\n")
	if len(row) != 4 {
		return errors.New("a checkpoint has three lines")
	}
	size, err := strconv.ParseInt(row[1], 10, 64)
	if err != nil {
		return err
	}
	root, err := hash(base64.StdEncoding.DecodeString(row[2]))
	if err != nil {
		return err
	}
	body, err := base64.StdEncoding.DecodeString(leaf)
	if err != nil {
		return err
	}
	return tlog.CheckRecord(path, size, root, index, tlog.RecordHash(body))
}

func consistent(args []string) error {
	var number [2]int64
	var list []tlog.Hash
	for i, arg := range args {
		if i == 0 || i == 2 {
			n, err := strconv.ParseInt(arg, 10, 64)
			if err != nil {
				return err
			}
			number[i/2] = n
			continue
		}
		h, err := hash(hex.DecodeString(arg))
		if err != nil {
			return err
		}
		list = append(list, h)
	}
	return tlog.CheckTree(list[2:], number[1], list[1], number[0], list[0])
}

func run(args []string) error {
	if len(args) >= 5 && args[0] == "consistent" {
		return consistent(args[1:])
	}
	data, err := io.ReadAll(os.Stdin)
	if err != nil {
		return err
	}
	if len(args) >= 2 && args[0] == "note" {
		_, err := open(data, args[1:])
		return err
	}
	if len(args) >= 3 && args[0] == "proof" {
		return proof(args[1], args[2:], string(data))
	}
	return errors.New("interop proof|consistent|note ARGUMENTS")
}

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "interop:", err)
		os.Exit(1)
	}
}
