/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The owner cache: the slot of a flow whose owner was found before, for as long as belief.bpf.h
 * says. A packet with FIN, SYN or RST is always looked up, and ends the entry. A flow has two
 * places, by two parts of its hash (a skewed-associative cache): flows that meet in one place
 * seldom meet in both, so those of a thousand connections soon keep out of each other's way. Places
 * are chosen by arithmetic: after a branch the verifier would walk the rest of the code once for
 * each. All flows to a UDP socket that takes what anybody sends have one entry. This host's own TCP
 * connections over IPv4 are in a table of their own (connections.bpf.h), which is asked first.
 */
#pragma once

#define TCP_FLAGS_OF_CHANGE 0x07 /* FIN, SYN, RST */

/* From the bits of the hash that tell the first place to those that tell the second. */
#define SECOND_PLACE_SHIFT 20

/* `in_second` is 0 or 1. */
static __always_inline struct owner_entry *place_of(struct cpu_memory *here, __u32 hash,
						    __u64 in_second)
{
	return &here->owners[hash >> SECOND_PLACE_SHIFT * in_second & (CGT_OWNER_CACHE_SIZE - 1)];
}

/* The place that has the flow's ports: the flow's entry if it has one. Sets the hash. */
static __always_inline struct owner_entry *owner_entry_of(struct cpu_memory *here, struct packet *p,
							  const struct interface_here *at,
							  enum senders from)
{
	__u32 hash = flow_hash(p, key_of(at), from);

	p->hash = hash;
	return place_of(here, hash, is_nonzero(place_of(here, hash, 0)->ports ^ ports_of(p, from)));
}

/* 1 if no flow needs what is there. */
static __always_inline __u64 is_old(const struct owner_entry *entry, __u32 now)
{
	__u32 left = entry->jiffy + longest_age(entry->belief) - now;

	return left >> 31;
}

/*
 * Where to store the flow: where it is, else where nobody needs the place, else in either, turn
 * about with the jiffies: so of flows that meet, one moves away until all have a place. The hash
 * is set.
 */
static __always_inline struct owner_entry *
owner_entry_for(struct cpu_memory *here, const struct packet *p, __u32 now, enum senders from)
{
	struct owner_entry *first = place_of(here, p->hash, 0);
	struct owner_entry *second = place_of(here, p->hash, 1);
	__u64 other_in_first = is_nonzero(first->ports ^ ports_of(p, from));
	__u64 other_in_second = is_nonzero(second->ports ^ ports_of(p, from));
	__u64 second_is_better = ~is_old(first, now) & (is_old(second, now) | now) & 1;

	return place_of(here, p->hash, other_in_first & (~other_in_second | second_is_better));
}

static __always_inline int entry_is_of(const struct owner_entry *entry, const struct packet *p,
				       enum senders from)
{
	if (entry->flow_kind != flow_kind(p) || entry->addresses[0] != addresses_of(p, 0, from))
		return 0;
	if (p->version == 4)
		return entry->ports == ports_of(p, from);
	return entry->addresses[1] == addresses_of(p, 1, from) &&
	       entry->addresses[2] == p->addresses[2] && entry->addresses[3] == p->addresses[3] &&
	       entry->ports == ports_of(p, from);
}

/* In place of a cgroup's id, in entries of reasons: their slots are those of one interface. */
static __always_inline __u64 reason_here(const struct interface_here *at)
{
	return 1ULL << 63 | key_of(at);
}

static __always_inline __u64 id_here(const struct owner *owner, const struct interface_here *at)
{
	return owner->kind == CGT_CGROUP ? owner->cgroup_id : reason_here(at);
}

static __always_inline int may_change_owner(const struct packet *p)
{
	return p->tcp_flags & TCP_FLAGS_OF_CHANGE; /* UDP has none */
}

static __always_inline void store_flow(struct owner_entry *entry, const struct packet *p, __u32 now,
				       const struct owner *owner, __u32 slot,
				       const struct interface_here *at, enum senders from)
{
	entry->jiffy = now;
	entry->owner = id_here(owner, at);
	entry->flow_kind = flow_kind(p);
	entry->seen = now;
	entry->slot = slot;
	entry->belief = is_by_socket(owner->cacheable) ? p->socket : owner->cacheable;
	entry->ports = ports_of(p, from);
	for (int i = 0; i < 4; i++)
		entry->addresses[i] = addresses_of(p, i, from);
}

/* The hash is the flow's. One from port 0 is not remembered: it looks like that of all senders. */
static __always_inline void remember(struct __sk_buff *skb, struct cpu_memory *here,
				     struct packet *p, __u32 now, const struct owner *owner,
				     __u32 slot, const struct interface_here *at)
{
	if (may_be_connection(p) && owner->cacheable & 1U << RENEWABLE_BIT &&
	    remember_connection(here, id_here(owner, at), slot, owner->cacheable))
		return;
	if (owner->cacheable == WHILE_THE_SOCKET_TAKES_ALL && receives_from_wire_alone(skb, here)) {
		p->hash = flow_hash(p, key_of(at), ANY_SENDER);
		store_flow(owner_entry_for(here, p, now, ANY_SENDER), p, now, owner, slot, at,
			   ANY_SENDER);
	} else if (ports_of(p, THIS_SENDER) != ports_of(p, ANY_SENDER)) {
		store_flow(owner_entry_for(here, p, now, THIS_SENDER), p, now, owner, slot, at,
			   THIS_SENDER);
	}
}

/* Also renews the entry. */
static __always_inline int is_current(struct __sk_buff *skb, struct cpu_memory *here,
				      struct owner_entry *entry, const struct packet *p, __u32 now)
{
	if (preempt_rt || !entry_is_of(entry, p, THIS_SENDER) || may_change_owner(p))
		return 0;
	if (is_believed(skb, here, entry, now))
		return 1;
	if (!is_renewable(entry->belief, now - entry->jiffy) ||
	    whose_address_at_once(skb, here, &p->tuple, p->version) != ADDRESS_OURS)
		return 0;
	entry->jiffy = now;
	return 1;
}

static __always_inline struct owner_entry *entry_from(struct cpu_memory *here, struct packet *p,
						      const struct interface_here *at,
						      enum senders from)
{
	struct owner_entry *entry = owner_entry_of(here, p, at, from);

	barrier_var(entry); /* else clang computes its address again for each field */
	return entry_is_of(entry, p, from) ? entry : NULL;
}

/*
 * A UDP socket that takes what anybody sends is remembered once for all senders. The addresses are
 * loaded again after that question: kept meanwhile they would be on the stack, which has no room.
 */
static __always_inline struct owner_entry *entry_of_udp(struct cpu_memory *here, struct packet *p,
							const struct interface_here *at,
							const struct ipv6hdr *ipv6)
{
	struct owner_entry *entry = entry_from(here, p, at, ANY_SENDER);

	if (entry)
		return entry;
	if (p->version == 6) {
		barrier_var(ipv6);
		load_ipv6_addresses(p, ipv6);
	}
	return entry_from(here, p, at, THIS_SENDER);
}

static __always_inline struct owner_entry *
known_connection(struct cpu_memory *here, const struct packet *p, const struct interface_here *at)
{
	return may_be_connection(p)
		       ? owner_of_connection(here, p, flow_hash(p, key_of(at), THIS_SENDER))
		       : NULL;
}

/* The addresses and ports of IPv4 are loaded again after the first question, as above. */
static __always_inline struct owner_entry *entry_of_tcp(struct cpu_memory *here, struct packet *p,
							const struct interface_here *at,
							const struct iphdr *ipv4,
							__u32 *headers_len)
{
	struct owner_entry *owner;

	if (may_change_owner(p))
		return NULL;
	*headers_len = p->headers_len;
	if (!ipv4)
		return entry_from(here, p, at, THIS_SENDER);
	owner = known_connection(here, p, at);
	if (owner)
		return owner;
	barrier_var(ipv4);
	p->addresses[0] = load_u64(&ipv4->saddr);
	*port_word(p) = *(__u32 *)(ipv4 + 1);
	return entry_from(here, p, at, THIS_SENDER);
}

/*
 * The entry of a plain frame that is not parsed yet, whether it is believed or not; NULL if there
 * is none. One branch for each IP version, so that the headers stay in registers. Not for a frame
 * to another MAC: it may be a copy. Sets `headers_len` if the frame is TCP.
 */
static __always_inline struct owner_entry *entry_of_frame(struct __sk_buff *skb,
							  struct cpu_memory *here,
							  const struct interface_here *at,
							  __u32 *headers_len)
{
	struct packet p; /* not zeroed: only fields that were written are read */
	__be16 ethertype;
	void *ip, *end;

	if (preempt_rt || skb->pkt_type == PACKET_OTHERHOST)
		return NULL;
	ethertype = plain_ethertype(skb, &p, &ip, &end);
	if (ethertype == bpf_htons(ETH_P_IP)) {
		if (!parse_plain_ipv4(&p, ip, end))
			return NULL;
		return p.protocol == IPPROTO_TCP ? entry_of_tcp(here, &p, at, ip, headers_len)
						 : entry_of_udp(here, &p, at, ip);
	}
	if (ethertype == bpf_htons(ETH_P_IPV6)) {
		if (!parse_plain_ipv6(&p, ip, end))
			return NULL;
		return p.protocol == IPPROTO_TCP ? entry_of_tcp(here, &p, at, NULL, headers_len)
						 : entry_of_udp(here, &p, at, ip);
	}
	return NULL;
}

/*
 * What flows from several senders share: the entry of a UDP socket that takes what anybody sends,
 * or the local owner to whom the connection leads.
 */
static __always_inline struct owner_entry *shared_entry(struct cpu_memory *here, struct packet *p,
							const struct interface_here *at)
{
	if (!sockets_can_be_remembered)
		return NULL;
	return p->protocol == IPPROTO_UDP ? entry_from(here, p, at, ANY_SENDER)
					  : known_connection(here, p, at);
}

static __always_inline int shared_holds(struct __sk_buff *skb, struct cpu_memory *here,
					struct owner_entry *shared, const struct packet *p,
					__u32 now)
{
	if (p->protocol == IPPROTO_UDP)
		return is_believed(skb, here, shared, now);
	return !may_change_owner(p) && local_owner_holds(skb, here, shared, p, now);
}

/* Without an answer, notes whether the cache needs not be asked again. */
static __always_inline struct owner_entry *cached_owner(struct __sk_buff *skb,
							struct cpu_memory *here,
							const struct interface_here *at,
							__u32 *headers_len)
{
	struct owner_entry *entry = entry_of_frame(skb, here, at, headers_len);

	if (entry && is_believed(skb, here, entry, bpf_jiffies64()))
		return entry;
	here->is_unknown = !entry && *headers_len; /* that is set if TCP was asked for */
	return NULL;
}
