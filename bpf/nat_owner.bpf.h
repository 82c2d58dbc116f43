/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The owner of a packet that NAT may still redirect. Conntrack decides for a flow that it knows. tc
 * sees a new flow's first packet before conntrack does: that packet is classified as the previous
 * unresolved flow to the same port turned out. Only the first packet ever seen for a port has
 * nothing to go by, and is counted as (forwarded). receiver() in owner.bpf.h calls this file for
 * packets that no connected socket claims.
 */
#pragma once

/* Where packets to a local address and port end, as far as earlier flows have shown. */
enum nat_outcome {
	NAT_UNKNOWN,
	NAT_LOCAL,	/* delivered to a socket of this netns */
	NAT_REDIRECTED, /* rewritten by a NAT rule, to another port or another host */
};

/* In .rodata: an insert needs a value, and this call chain has little stack to spare. */
static const struct port_nat_state unknown_port = {};

static __always_inline struct port_key port_key_of(const struct packet *p)
{
	return (struct port_key){
		.address = destination_of(&p->tuple, p->version),
		.port = p->version == 4 ? p->tuple.ipv4.dport : p->tuple.ipv6.dport,
		.protocol = p->protocol,
		.version = p->version,
	};
}

/*
 * The state of a port, created if `create` says so. The caller asks for that only if the port has a
 * listener or a NAT rule: a port scan must not evict the states of real servers.
 */
static __always_inline struct port_nat_state *port_state_of(const struct port_key *key, int create)
{
	struct port_nat_state *state = bpf_map_lookup_elem(&cgt_ports, key);

	if (state || !create)
		return state;
	bpf_map_update_elem(&cgt_ports, key, &unknown_port, BPF_NOEXIST);
	return bpf_map_lookup_elem(&cgt_ports, key);
}

static __always_inline void learn_outcome(struct port_nat_state *state,
					  enum translation translation)
{
	enum nat_outcome outcome = translation == TRANSLATED ? NAT_REDIRECTED : NAT_LOCAL;

	if (state->outcome != outcome)
		state->outcome = outcome;
}

/*
 * Asks conntrack what became of the port's pending flow, and makes this packet's flow the pending
 * one. A UDP flow that conntrack still does not know in a later jiffy is not tracked (NOTRACK),
 * hence not translated; a TCP flow may just have been dropped. Within a jiffy the absence of an
 * entry proves nothing: a batch of packets passes tc before its first packet reaches conntrack.
 */
static __always_inline void resolve_pending(struct __sk_buff *skb, struct packet *p,
					    struct port_nat_state *state,
					    struct bpf_sock_tuple *scratch, __u64 now)
{
	enum translation translation;
	__u64 pending_since = state->pending_since;
	int is_reply;

	*scratch = state->pending_flow;
	state->pending_flow = p->tuple;
	state->pending_since = now;
	if (!pending_since)
		return;
	translation = translate(skb, scratch, p->version, p->protocol, &is_reply);
	if (translation != UNTRACKED)
		learn_outcome(state, translation);
	else if (p->protocol == IPPROTO_UDP && pending_since != now &&
		 state->outcome == NAT_UNKNOWN)
		state->outcome = NAT_LOCAL;
}

/* The owner of a flow's first packet, which conntrack has not seen yet. */
static __always_inline struct owner owner_by_outcome(struct __sk_buff *skb, struct packet *p,
						     enum match match, struct owner matched,
						     enum nat_outcome outcome)
{
	if (match == MATCHED_PORT && outcome == NAT_LOCAL)
		return matched;
	if (match == MATCHED_PORT || outcome == NAT_REDIRECTED)
		return owner_by_reason(CGT_FORWARDED);
	return owner_without_socket(skb, p);
}

/*
 * Decides for a packet that matched at most a port, where NAT is possible. `owner` is the match's
 * on entry and the packet's on return. Returns the owner's kind.
 */
static __noinline enum cgt_kind owner_under_nat(struct __sk_buff *skb, struct packet *p,
						enum match match, struct owner *owner,
						struct cpu_memory *here)
{
	int answers_handshake =
		match == MATCHED_PORT && p->protocol == IPPROTO_TCP && !is_syn(p) &&
		small_socket_state(skb, &p->tuple, p->version) == BPF_TCP_NEW_SYN_RECV;
	struct port_key port = port_key_of(p);
	enum translation translation = UNTRANSLATED;
	struct bpf_sock_tuple tuple = p->tuple;
	struct port_nat_state *state;
	int is_reply = 0;

	if (!answers_handshake)
		translation = translate(skb, &tuple, p->version, p->protocol, &is_reply);
	/*
	 * A reply answers a connection opened from here: it tells nothing about where new
	 * connections to this port go.
	 */
	if (!is_reply) {
		state = port_state_of(&port, match == MATCHED_PORT || translation == TRANSLATED);
		if (translation == UNTRACKED) {
			if (state && match == MATCHED_PORT)
				resolve_pending(skb, p, state, &tuple, bpf_jiffies64());
			*owner = owner_by_outcome(skb, p, match, *owner,
						  state ? state->outcome : NAT_UNKNOWN);
			return owner->kind;
		}
		if (state)
			learn_outcome(state, translation);
	}
	if (translation == TRANSLATED) {
		if (!is_ours(here, &tuple, p->version)) {
			*owner = owner_by_reason(CGT_FORWARDED);
			return owner->kind;
		}
		match = look_up(skb, &tuple, p->version, p->protocol, owner);
	}
	if (match == NO_MATCH)
		*owner = owner_without_socket(skb, p);
	return owner->kind;
}
