package zohosim

import (
	"encoding/binary"
	"errors"
)

// appendRecordOp encodes a record with the names of its fields: numbers of names differ from one run to the next.
func appendRecordOp(b []byte, p placeOp, r *record, names []string) []byte {
	b = binary.AppendUvarint(b, uint64(p.Org))
	b = appendBytes(b, p.Module)
	for _, n := range []int64{r.id, r.created, r.modified, r.createdBy, r.modifiedBy, r.ownedBy, r.layout} {
		b = binary.AppendVarint(b, n)
	}
	b = binary.AppendUvarint(b, uint64(len(r.cells)))
	for _, c := range r.cells {
		b = appendBytes(b, names[c.field])
		b = append(b, byte(c.kind))
		b = binary.AppendVarint(b, c.num)
		b = appendBytes(b, c.str)
	}
	return b
}

func appendBytes(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

var errShortFrame = errors.New("frame too short for what it says")

// frameReader reads what appendRecordOp wrote. After a failure everything it gives is zero.
type frameReader struct {
	b      []byte
	failed bool
}

func (r *frameReader) uvarint() uint64 {
	v, n := binary.Uvarint(r.b)
	return v * r.advance(n)
}

func (r *frameReader) varint() int64 {
	v, n := binary.Varint(r.b)
	return v * int64(r.advance(n))
}

// advance skips what a number took and gives 1, or notes the failure and gives 0.
func (r *frameReader) advance(n int) uint64 {
	if n <= 0 {
		r.failed, r.b = true, nil
		return 0
	}
	r.b = r.b[n:]
	return 1
}

func (r *frameReader) bytes() []byte {
	n := r.uvarint()
	if n > uint64(len(r.b)) {
		r.failed, r.b = true, nil
		return nil
	}
	out := r.b[:n]
	r.b = r.b[n:]
	return out
}

func (r *frameReader) byte() byte {
	if len(r.b) == 0 {
		r.failed = true
		return 0
	}
	c := r.b[0]
	r.b = r.b[1:]
	return c
}

func (s *Sim) applyRecord(data []byte) error {
	o, m, r, err := s.decodeRecord(data)
	if err != nil {
		return err
	}
	o.saw(r.id)
	m.table.put(r)
	return nil
}

// decodeRecord reads what appendRecordOp wrote.
func (s *Sim) decodeRecord(data []byte) (*org, *module, *record, error) {
	in := frameReader{b: data}
	p := placeOp{Org: int(in.uvarint())}
	module := in.bytes()
	o, err := s.orgAt(p.Org)
	if err != nil {
		return nil, nil, nil, err
	}
	m := o.byAPI[string(module)]
	if m == nil {
		return nil, nil, nil, errors.New("record of an unknown module " + string(module))
	}
	r := &record{
		id: in.varint(), created: in.varint(), modified: in.varint(), createdBy: in.varint(), modifiedBy: in.varint(),
		ownedBy: in.varint(), layout: in.varint(),
	}
	n := in.uvarint()
	if n > uint64(len(in.b)) {
		return nil, nil, nil, errShortFrame
	}
	r.cells = make([]cell, 0, n)
	ascending := true
	for range n {
		c := cell{field: s.nameOf(in.bytes()), kind: kind(in.byte()), num: in.varint()}
		c.str = string(in.bytes())
		ascending = ascending && (len(r.cells) == 0 || r.cells[len(r.cells)-1].field < c.field)
		r.cells = append(r.cells, c)
	}
	if in.failed {
		return nil, nil, nil, errShortFrame
	}
	if !ascending {
		cells := r.cells
		r.cells = nil
		for _, c := range cells {
			r.cells = with(r.cells, c)
		}
	}
	return o, m, r, nil
}

// nameOf is names.of without making a string where the name is known.
func (s *Sim) nameOf(b []byte) uint16 {
	if i, ok := s.names.index[string(b)]; ok {
		return i
	}
	return s.names.of(string(b))
}
