/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The owner of a packet that NAT may still redirect. Conntrack decides for a flow that it knows. tc
 * sees a new flow's first packet before conntrack does: that packet is classified as the previous
 * unresolved flow to the same port turned out. Only the first packets ever seen for a port have
 * nothing to go by: they count as (forwarded) if something listens here, else as (no socket).
 * receiver() in owner.bpf.h calls this file for packets that no connected socket claims.
 */
#pragma once

/* Where packets to a local address and port end, as far as earlier flows have shown. */
enum nat_outcome {
	NAT_UNKNOWN,
	NAT_LOCAL,	     /* delivered to a socket of this netns */
	NAT_REDIRECTED,	     /* rewritten by a NAT rule, to another host */
	NAT_REDIRECTED_HERE, /* rewritten to another address or port of this netns */
};

/*
 * Not a kind of account: the receiver is in another netns, and p->translated is what it sees. The
 * caller goes on, since the stack has no room for it here.
 */
#define BEHIND_NAT CGT_KINDS

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

static __always_inline void set_destination(struct bpf_sock_tuple *tuple, __u8 version,
					    const struct port_nat_state *state)
{
	if (version == 4) {
		tuple->ipv4.daddr = state->to_address[0];
		tuple->ipv4.dport = state->to_port;
	} else {
		for (int i = 0; i < 4; i++)
			tuple->ipv6.daddr[i] = state->to_address[i];
		tuple->ipv6.dport = state->to_port;
	}
}

/*
 * Remembers where a flow was redirected to. Many CPUs may write the same state, with the same
 * values nearly always: a store only if they differ keeps its cache line shared.
 */
static __noinline int learn_destination(struct port_nat_state *state,
					const struct bpf_sock_tuple *tuple, __u32 version)
{
	__u32 port = version == 4 ? tuple->ipv4.dport : tuple->ipv6.dport;
	const __u32 *address = version == 4 ? &tuple->ipv4.daddr : tuple->ipv6.daddr;

	if (state->to_port != port)
		state->to_port = port;
	for (int i = 0; i < 4 && (version == 6 || i == 0); i++) {
		if (state->to_address[i] != address[i])
			state->to_address[i] = address[i];
	}
	return port;
}

/* `tuple` is the flow's as its receiver sees it. */
static __always_inline void learn_outcome(struct __sk_buff *skb, struct cpu_memory *here,
					  struct port_nat_state *state,
					  enum translation translation,
					  const struct bpf_sock_tuple *tuple, __u8 version)
{
	enum nat_outcome outcome = NAT_LOCAL;

	if (translation == TRANSLATED) {
		outcome = whose_address(skb, here, tuple, version) == ADDRESS_FOREIGN
				  ? NAT_REDIRECTED
				  : NAT_REDIRECTED_HERE;
		if (outcome == NAT_REDIRECTED_HERE)
			learn_destination(state, tuple, version);
	}
	if (state->outcome != outcome)
		state->outcome = outcome;
}

/*
 * Asks conntrack what became of the port's pending flow, and makes this packet's flow the pending
 * one. A UDP flow that conntrack still does not know in a later jiffy is not tracked (NOTRACK),
 * hence not translated; a TCP flow may just have been dropped. Within a jiffy the absence of an
 * entry proves nothing: a batch of packets passes tc before its first packet reaches conntrack. So
 * within a jiffy nothing is stored: the state is shared by all CPUs, and a flood of new flows would
 * move its cache line with each packet.
 */
static __always_inline void resolve_pending(struct __sk_buff *skb, struct packet *p,
					    struct port_nat_state *state,
					    struct bpf_sock_tuple *scratch, struct cpu_memory *here)
{
	enum translation translation;
	__u64 now = bpf_jiffies64();
	__u64 pending_since = state->pending_since;
	int is_reply;

	if (pending_since == now && state->outcome != NAT_UNKNOWN)
		return;
	*scratch = state->pending_flow;
	if (pending_since != now) {
		state->pending_flow = p->tuple;
		state->pending_since = now;
	}
	if (!pending_since)
		return;
	translation = translate(skb, scratch, p->version, p->protocol, &is_reply);
	if (translation != UNTRACKED)
		learn_outcome(skb, here, state, translation, scratch, p->version);
	else if (p->protocol == IPPROTO_UDP && pending_since != now &&
		 state->outcome == NAT_UNKNOWN)
		state->outcome = NAT_LOCAL;
}

/*
 * Asks conntrack about a flow to a port that has no state, because nothing listens there and no
 * translated flow was met: with flows of one packet each, none ever would be. Of such flows one in
 * a jiffy is pending, kept under port 0 of no address, so a port scan evicts nothing and costs
 * little. Returns 1 if the pending one was translated: `port` is then its port, and p->translated
 * what its receiver sees.
 */
static __noinline int resolve_unclaimed(struct __sk_buff *skb, struct packet *p,
					struct port_key *port)
{
	struct bpf_sock_tuple *tuple = &p->translated;
	__u64 now = bpf_jiffies64();
	struct port_nat_state *state;
	__u64 pending_since;
	int is_reply = 0;

	port->address = (struct cgt_address){.netns = netns_key};
	port->port = 0;
	state = port_state_of(port, 1);
	if (!state || state->pending_since == now)
		return 0;
	pending_since = state->pending_since;
	*tuple = state->pending_flow;
	state->pending_flow = p->tuple;
	state->pending_since = now;
	if (!pending_since)
		return 0;
	port->address = destination_of(tuple, p->version);
	port->port = p->version == 4 ? tuple->ipv4.dport : tuple->ipv6.dport;
	return translate(skb, tuple, p->version, p->protocol, &is_reply) == TRANSLATED && !is_reply;
}

/* Makes the state of a port that a flow was translated at. */
static __always_inline void learn_port(struct __sk_buff *skb, struct packet *p,
				       const struct port_key *port, struct cpu_memory *here)
{
	struct port_nat_state *state = port_state_of(port, 1);

	if (state)
		learn_outcome(skb, here, state, TRANSLATED, &p->translated, p->version);
}

/*
 * The owner of a flow's first packet, which conntrack has not seen yet; `owner` is the match's on
 * entry. A guess is not cacheable: the flow's next packet knows better.
 */
static __always_inline void owner_by_outcome(struct __sk_buff *skb, struct packet *p,
					     enum match match, struct owner *owner,
					     const struct port_nat_state *state,
					     struct bpf_sock_tuple *scratch)
{
	enum nat_outcome outcome = state ? state->outcome : NAT_UNKNOWN;

	__u64 taught = have_conntrack ? 0 : taught_owner(p);

	if (taught) {
		*owner = (struct owner){.cgroup_id = taught, .cacheable = FOR_THIS_JIFFY};
		return;
	}
	if (match == MATCHED_PORT && outcome == NAT_LOCAL)
		return;
	if (state && outcome == NAT_REDIRECTED_HERE) {
		*scratch = p->tuple;
		set_destination(scratch, p->version, state);
		if (look_up(skb, scratch, flow_kind(p), OUR_NETNS, owner) == NO_MATCH)
			*owner = owner_by_reason(CGT_FORWARDED);
	} else if (match == MATCHED_PORT || outcome == NAT_REDIRECTED) {
		*owner = owner_by_reason(CGT_FORWARDED);
	} else {
		*owner = owner_without_socket(skb, p);
	}
	owner->cacheable = 0;
}

/* The owner of a flow that conntrack translates; `tuple` is p->translated. */
static __always_inline struct owner owner_of_translated(struct __sk_buff *skb, struct packet *p,
							struct bpf_sock_tuple *tuple,
							struct cpu_memory *here)
{
	struct owner owner = {};
	enum match match;

	if (whose_address(skb, here, tuple, p->version) == ADDRESS_FOREIGN)
		return owner_by_reason(BEHIND_NAT);
	match = look_up(skb, tuple, flow_kind(p), OUR_NETNS, &owner);
	if (match == NO_MATCH)
		return owner_without_socket(skb, p);
	return owner;
}

/*
 * For this jiffy alone: conntrack may begin to know the flow at any time, or the tuple on the wire
 * is not what the socket is bound to.
 */
static __always_inline void forget_socket(struct owner *owner)
{
	if (sockets_can_be_remembered && is_by_socket(owner->cacheable))
		owner->cacheable = FOR_THIS_JIFFY;
}

/*
 * Decides for a packet that matched at most a port, where NAT is possible. `owner` is the match's
 * on entry and the packet's on return. Returns the owner's kind.
 */
static __noinline __u32 owner_under_nat(struct __sk_buff *skb, struct packet *p, __u32 match,
					struct owner *owner, struct cpu_memory *here)
{
	struct port_key port = port_key_of(p);
	enum translation translation = UNTRANSLATED;
	struct bpf_sock_tuple *tuple = &p->translated;
	struct port_nat_state *state;
	int is_reply = 0;

	*tuple = p->tuple;
	if (!answers_handshake(skb, p, match))
		translation = translate(skb, tuple, p->version, p->protocol, &is_reply);
	/*
	 * A reply answers a connection opened from here: it tells nothing about where new
	 * connections to this port go.
	 */
	if (!is_reply) {
		state = port_state_of(&port, match == MATCHED_PORT || translation == TRANSLATED);
		if (translation == UNTRACKED) {
			if (state)
				resolve_pending(skb, p, state, tuple, here);
			else if (have_conntrack && resolve_unclaimed(skb, p, &port))
				learn_port(skb, p, &port, here);
			owner_by_outcome(skb, p, match, owner, state, tuple);
			forget_socket(owner);
			return owner->kind;
		}
		if (state)
			learn_outcome(skb, here, state, translation, tuple, p->version);
	}
	if (translation == TRANSLATED) {
		*owner = owner_of_translated(skb, p, tuple, here);
		forget_socket(owner);
	} else if (match == NO_MATCH) {
		*owner = owner_without_socket(skb, p);
	} else if (sockets_can_be_remembered && is_by_socket(owner->cacheable)) {
		owner->cacheable = WHILE_THE_SOCKET_TAKES_IT; /* this flow alone is known */
	}
	return owner->kind;
}
