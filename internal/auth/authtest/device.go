// Package authtest stands in, for tests, for what people sign in with: a device that makes passkeys, an issuer of single
// sign-on.
//
// It follows W3C Web Authentication, level 3, by itself and shares no code with the library that auth checks answers
// with, but for the encoding of CBOR. A test changes one of a device's fields to have it lie.
package authtest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math/big"

	"github.com/fxamacker/cbor/v2"
)

// Device makes one passkey at a time and signs with it. Its fields are what it says of itself; change them to have it lie.
type Device struct {
	Origin    string // of the page that asks
	Site      string // the relying party's name
	Challenge string // "" is the one that was asked
	Unproved  bool   // it has asked for neither finger, face nor PIN
	Count     uint32 // of signatures; 0 stays 0, as with passkeys that are copied between devices
	Handle    []byte // of the user; set when a passkey is made

	key *ecdsa.PrivateKey
	id  []byte
}

type asked struct {
	PublicKey struct {
		Challenge string
		User      *struct{ ID string }
	}
}

// Make answers the options for a new passkey.
func (d *Device) Make(options []byte) ([]byte, error) {
	o, err := read(options)
	if err != nil {
		return nil, err
	}
	if o.PublicKey.User == nil {
		return nil, fmt.Errorf("no user in %s", options)
	}
	if d.Handle, err = base64.RawURLEncoding.DecodeString(o.PublicKey.User.ID); err != nil {
		return nil, err
	}
	if d.key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
		return nil, err
	}
	d.id = make([]byte, 32)
	_, _ = rand.Read(d.id)
	cose, err := cbor.Marshal(map[int]any{1: 2, 3: -7, -1: 1, -2: pad(d.key.X), -3: pad(d.key.Y)}) // EC2, ES256, P-256 (RFC 9053 §7.1.1)
	if err != nil {
		return nil, err
	}
	data := d.data(0x40)
	data = append(data, make([]byte, 16)...) // no model
	data = binary.BigEndian.AppendUint16(data, uint16(len(d.id)))
	data = append(append(data, d.id...), cose...)
	object, err := cbor.Marshal(map[string]any{"fmt": "none", "attStmt": map[string]any{}, "authData": data})
	if err != nil {
		return nil, err
	}
	return d.answer(map[string][]byte{"attestationObject": object, "clientDataJSON": d.client("webauthn.create", o)})
}

// Sign answers the options for a sign-in.
func (d *Device) Sign(options []byte) ([]byte, error) {
	o, err := read(options)
	if err != nil {
		return nil, err
	}
	if d.Count > 0 {
		d.Count++
	}
	data, client := d.data(0), d.client("webauthn.get", o)
	told := sha256.Sum256(client)
	sum := sha256.Sum256(append(append([]byte{}, data...), told[:]...))
	signature, err := ecdsa.SignASN1(rand.Reader, d.key, sum[:])
	if err != nil {
		return nil, err
	}
	return d.answer(map[string][]byte{"authenticatorData": data, "clientDataJSON": client, "signature": signature, "userHandle": d.Handle})
}

func read(options []byte) (o asked, err error) {
	err = json.Unmarshal(options, &o)
	if err == nil && len(o.PublicKey.Challenge) < 22 { // 16 bytes at least, §13.4.3
		err = fmt.Errorf("the challenge %q is too short", o.PublicKey.Challenge)
	}
	return o, err
}

// data is the authenticator data (§6.1) with further flags.
func (d *Device) data(flags byte) []byte {
	site := sha256.Sum256([]byte(d.Site))
	flags |= 0x01
	if !d.Unproved {
		flags |= 0x04
	}
	return binary.BigEndian.AppendUint32(append(site[:], flags), d.Count)
}

// client is the client data (§5.8.1).
func (d *Device) client(kind string, o asked) []byte {
	challenge := o.PublicKey.Challenge
	if d.Challenge != "" {
		challenge = d.Challenge
	}
	b, _ := json.Marshal(map[string]any{"type": kind, "challenge": challenge, "origin": d.Origin, "crossOrigin": false})
	return b
}

func (d *Device) answer(response map[string][]byte) ([]byte, error) {
	text := map[string]string{}
	for k, v := range response {
		text[k] = base64.RawURLEncoding.EncodeToString(v)
	}
	id := base64.RawURLEncoding.EncodeToString(d.id)
	return json.Marshal(map[string]any{"id": id, "rawId": id, "type": "public-key", "response": text, "clientExtensionResults": map[string]any{}})
}

func pad(n *big.Int) []byte { return n.FillBytes(make([]byte, 32)) }
