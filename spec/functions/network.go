package functions

import (
	"fmt"
	"math/big"
	"net/netip"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
)

func networkFunctions() map[string]function.Function {
	return map[string]function.Function{
		"cidrhost":    onPrefix(cidrHost, "hostnum"),
		"cidrnetmask": onPrefix(cidrNetmask),
		"cidrsubnet":  onPrefix(cidrSubnet, "newbits", "netnum"),
		"cidrsubnets": cidrSubnets(),
	}
}

// onPrefix returns a function of a CIDR prefix and whole numbers.
func onPrefix(compute func(p netip.Prefix, n []*big.Int) (string, error), numbers ...string) function.Function {
	params := stringParams([]string{"prefix"})
	for _, name := range numbers {
		params = append(params, function.Parameter{Name: name, Type: cty.Number})
	}
	return function.New(&function.Spec{
		Params:       params,
		Type:         function.StaticReturnType(cty.String),
		RefineResult: notNull,
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			p, n, err := prefixArgs(args)
			if err != nil {
				return cty.NilVal, err
			}
			result, err := compute(p, n)
			if err != nil {
				return cty.NilVal, err
			}
			return cty.StringVal(result), nil
		},
	})
}

func prefixArgs(args []cty.Value) (netip.Prefix, []*big.Int, error) {
	p, err := netip.ParsePrefix(args[0].AsString())
	if err != nil {
		return p, nil, function.NewArgErrorf(0, "%q is no CIDR prefix, such as 10.1.0.0/16 or fd00::/48", args[0].AsString())
	}
	var numbers []*big.Int
	for i, a := range args[1:] {
		f := a.AsBigFloat()
		if !f.IsInt() || f.MantExp(nil) > 130 { // beyond any IPv6 address
			return p, nil, function.NewArgErrorf(i+1, "a whole number of at most 128 bits is required")
		}
		n, _ := f.Int(nil)
		numbers = append(numbers, n)
	}
	return p.Masked(), numbers, nil
}

// cidrHost counts negative numbers from the end of the prefix.
func cidrHost(p netip.Prefix, n []*big.Int) (string, error) {
	size := addresses(p.Addr().BitLen() - p.Bits())
	host := n[0]
	if host.Sign() < 0 {
		host = new(big.Int).Add(size, host)
	}
	if host.Sign() < 0 || host.Cmp(size) >= 0 {
		return "", fmt.Errorf("prefix of %d does not accommodate a host numbered %s", p.Bits(), n[0])
	}
	return offset(p.Addr(), host).String(), nil
}

func cidrNetmask(p netip.Prefix, _ []*big.Int) (string, error) {
	if !p.Addr().Is4() {
		return "", fmt.Errorf("IPv6 addresses cannot have a netmask: %s", p)
	}
	ones := netip.AddrFrom4([4]byte{255, 255, 255, 255})
	return netip.PrefixFrom(ones, p.Bits()).Masked().Addr().String(), nil
}

func cidrSubnet(p netip.Prefix, n []*big.Int) (string, error) {
	total := p.Addr().BitLen()
	newBits, number := n[0], n[1]
	if newBits.Sign() < 0 || newBits.Cmp(big.NewInt(int64(total-p.Bits()))) > 0 {
		return "", fmt.Errorf("insufficient address space to extend prefix of %d by %s", p.Bits(), newBits)
	}
	more := int(newBits.Int64())
	if number.Sign() < 0 || number.Cmp(addresses(more)) >= 0 {
		return "", fmt.Errorf("prefix extension of %d does not accommodate a subnet numbered %s", more, number)
	}
	bits := p.Bits() + more
	start := new(big.Int).Mul(number, addresses(total-bits))
	return netip.PrefixFrom(offset(p.Addr(), start), bits).String(), nil
}

func cidrSubnets() function.Function {
	return function.New(&function.Spec{
		Params:       stringParams([]string{"prefix"}),
		VarParam:     &function.Parameter{Name: "newbits", Type: cty.Number},
		Type:         function.StaticReturnType(cty.List(cty.String)),
		RefineResult: notNull,
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			p, newBits, err := prefixArgs(args)
			if err != nil {
				return cty.NilVal, err
			}
			return subnets(p, newBits)
		},
	})
}

// subnets lays subnets out one after another, each at the next address that is a
// multiple of its own size.
func subnets(p netip.Prefix, newBits []*big.Int) (cty.Value, error) {
	total := p.Addr().BitLen()
	end := addresses(total - p.Bits())
	next := new(big.Int)
	var nets []cty.Value
	for i, n := range newBits {
		switch room := int64(total - p.Bits()); {
		case n.Sign() <= 0:
			return cty.NilVal, function.NewArgErrorf(i+1, "must extend prefix by at least one bit")
		case n.Cmp(big.NewInt(32)) > 0:
			return cty.NilVal, function.NewArgErrorf(i+1, "may not extend prefix by more than 32 bits")
		case n.Cmp(big.NewInt(room)) > 0:
			return cty.NilVal, function.NewArgErrorf(i+1, "an extension by %s bits is too long for an address of %d bits", n, total)
		}
		bits := p.Bits() + int(n.Int64())
		size := addresses(total - bits)
		start := roundUp(next, size)
		if start.Cmp(end) >= 0 {
			return cty.NilVal, function.NewArgErrorf(i+1, "not enough remaining address space for a subnet with a prefix of %d bits", bits)
		}
		nets = append(nets, cty.StringVal(netip.PrefixFrom(offset(p.Addr(), start), bits).String()))
		next = start.Add(start, size)
	}
	if len(nets) == 0 {
		return cty.ListValEmpty(cty.String), nil
	}
	return cty.ListVal(nets), nil
}

// addresses is how many addresses that many host bits can tell apart.
func addresses(hostBits int) *big.Int { return new(big.Int).Lsh(big.NewInt(1), uint(hostBits)) }

func roundUp(n, multiple *big.Int) *big.Int {
	up := new(big.Int).Add(n, multiple)
	up.Sub(up, big.NewInt(1))
	return up.Sub(up, new(big.Int).Mod(up, multiple))
}

// offset is the address n after a; n is within a's prefix.
func offset(a netip.Addr, n *big.Int) netip.Addr {
	b := a.AsSlice()
	new(big.Int).Add(new(big.Int).SetBytes(b), n).FillBytes(b)
	at, _ := netip.AddrFromSlice(b)
	return at
}
