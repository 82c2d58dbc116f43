/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What is known of a local address and port whose packets NAT may redirect: that they end here, or
 * elsewhere. Learned from flows that conntrack knows and from handshakes that a listener answers. A
 * flow's first packet comes before conntrack has seen it, so it goes by what became of the flow
 * that was last in doubt: only the very first packet for a port is booked without knowledge.
 */
#pragma once

enum port_fate {
	FATE_UNKNOWN,
	FATE_HERE,
	FATE_ELSEWHERE,
};

/* In .rodata: an insert needs a value, and this call chain has little stack to spare. */
static const struct port_belief nothing_known = {};

static __always_inline struct port_key port_key_of(const struct packet *p)
{
	return (struct port_key){
		.address = destination_of(&p->tuple, p->version),
		.port = p->version == 4 ? p->tuple.ipv4.dport : p->tuple.ipv6.dport,
		.protocol = p->protocol,
		.version = p->version,
	};
}

/* Made only where it is worth a place: a port scan must not push out what is known of servers. */
static __always_inline struct port_belief *belief_of(const struct port_key *key, int make)
{
	struct port_belief *known = bpf_map_lookup_elem(&cgt_ports, key);

	if (known || !make)
		return known;
	bpf_map_update_elem(&cgt_ports, key, &nothing_known, BPF_NOEXIST);
	return bpf_map_lookup_elem(&cgt_ports, key);
}

static __always_inline void learn_fate(struct port_belief *belief, enum translation translation)
{
	enum port_fate fate = translation == TRANSLATED ? FATE_ELSEWHERE : FATE_HERE;

	if (belief->fate != fate)
		belief->fate = fate;
}

/*
 * Settles what became of the flow that was last in doubt, and leaves this packet's in its place. A
 * UDP flow that conntrack still does not know in another jiffy is not tracked (NOTRACK), hence not
 * translated; a TCP one may have been dropped. Within a jiffy nothing is concluded from silence: a
 * batch of packets passes here before its first reaches conntrack.
 */
static __always_inline void settle_doubtful(struct __sk_buff *skb, struct packet *p,
					    struct port_belief *belief,
					    struct bpf_sock_tuple *scratch, __u64 now)
{
	enum translation translation;
	__u64 came = belief->jiffy;
	int is_reply;

	*scratch = belief->doubtful;
	belief->doubtful = p->tuple;
	belief->jiffy = now;
	if (!came)
		return;
	translation = translate(skb, scratch, p->version, p->protocol, &is_reply);
	if (translation != UNTRACKED)
		learn_fate(belief, translation);
	else if (p->protocol == IPPROTO_UDP && came != now && belief->fate == FATE_UNKNOWN)
		belief->fate = FATE_HERE;
}
