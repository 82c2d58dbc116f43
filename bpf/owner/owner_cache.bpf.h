/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The owner cache: the slot of a flow whose owner was found before, for as long as belief.bpf.h
 * says. A packet with FIN, SYN or RST is always looked up, and ends the entry. It is two-way
 * set-associative: with one way, a third of the thousand connections of one client lose their entry
 * to each other. Ways are chosen by arithmetic: after a branch the verifier would walk the rest of
 * the code once for each way.
 */
#pragma once

#define TCP_FLAGS_OF_CHANGE 0x07 /* FIN, SYN, RST */

#define OWNER_WAYS 2

static __always_inline struct owner_entry *
owner_set_of(struct cpu_memory *here, const struct packet *p, const struct interface_here *at)
{
	return &here->owners[(flow_hash(p, key_of(at)) * OWNER_WAYS) & (CGT_OWNER_CACHE_SIZE - 1)];
}

static __always_inline __u32 ports_of(const struct packet *p)
{
	return p->words[p->version == 4 ? PORT_WORD_IPV4 : PORT_WORD_IPV6];
}

/* 1 if `value` is not 0, without a branch. */
static __always_inline __u64 is_nonzero(__u64 value)
{
	__u64 negative = -value;

	barrier_var(negative); /* else clang sees what is meant, and branches */
	return (value | negative) >> 63;
}

/* Of the way that has the flow's ports: the flow's entry if it has one. */
static __always_inline struct owner_entry *
owner_entry_of(struct cpu_memory *here, const struct packet *p, const struct interface_here *at)
{
	struct owner_entry *set = owner_set_of(here, p, at);

	return set + is_nonzero(set->ports ^ ports_of(p));
}

/* Where to store the flow: in its own way, else in the first if that is old, else in the second. */
static __always_inline struct owner_entry *owner_entry_for(struct cpu_memory *here,
							   const struct packet *p, __u64 now,
							   const struct interface_here *at)
{
	struct owner_entry *set = owner_set_of(here, p, at);
	__u64 other_in_first = is_nonzero(set[0].ports ^ ports_of(p));
	__u64 other_in_second = is_nonzero(set[1].ports ^ ports_of(p));
	__u64 first_is_old = (set[0].jiffy + longest_age(set[0].belief) - now) >> 63;

	return set + (other_in_first & ~(other_in_second & first_is_old));
}

static __always_inline int entry_is_of(const struct owner_entry *entry, const struct packet *p)
{
	if (entry->flow_kind != flow_kind(p) || entry->addresses[0] != p->addresses[0])
		return 0;
	if (p->version == 4)
		return entry->ports == p->words[PORT_WORD_IPV4];
	return entry->addresses[1] == p->addresses[1] && entry->addresses[2] == p->addresses[2] &&
	       entry->addresses[3] == p->addresses[3] && entry->ports == p->words[PORT_WORD_IPV6];
}

/* In place of a cgroup's id, in entries of reasons: their slots are those of one interface. */
static __always_inline __u64 reason_here(const struct interface_here *at)
{
	return 1ULL << 63 | key_of(at);
}

static __always_inline int may_change_owner(const struct packet *p)
{
	return p->tcp_flags & TCP_FLAGS_OF_CHANGE; /* UDP has none */
}

static __always_inline void store_flow(struct owner_entry *entry, const struct packet *p, __u64 now,
				       const struct owner *owner, __u32 slot,
				       const struct interface_here *at)
{
	if (preempt_rt)
		return;
	entry->jiffy = now;
	entry->owner = owner->kind == CGT_CGROUP ? owner->cgroup_id : reason_here(at);
	entry->flow_kind = flow_kind(p);
	entry->slot = slot;
	entry->belief = owner->cacheable;
	entry->ports = ports_of(p);
	for (int i = 0; i < 4; i++)
		entry->addresses[i] = p->addresses[i];
}

static __always_inline int is_current(const struct owner_entry *entry, const struct packet *p,
				      __u64 now)
{
	return entry_is_of(entry, p) && !may_change_owner(p) &&
	       is_believed(entry->belief, now - entry->jiffy);
}

static __always_inline struct owner_entry *
entry_of_flow(struct cpu_memory *here, const struct packet *p, const struct interface_here *at)
{
	struct owner_entry *entry;

	if (may_change_owner(p))
		return NULL;
	entry = owner_entry_of(here, p, at);
	barrier_var(entry); /* else clang computes its address again for each field */
	return entry_is_of(entry, p) ? entry : NULL;
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
		*headers_len = p.protocol == IPPROTO_TCP ? p.headers_len : 0;
		return entry_of_flow(here, &p, at);
	}
	if (ethertype == bpf_htons(ETH_P_IPV6)) {
		if (!parse_plain_ipv6(&p, ip, end))
			return NULL;
		*headers_len = p.protocol == IPPROTO_TCP ? p.headers_len : 0;
		return entry_of_flow(here, &p, at);
	}
	return NULL;
}

static __always_inline struct owner_entry *cached_owner(struct __sk_buff *skb,
							struct cpu_memory *here,
							const struct interface_here *at, __u64 now,
							__u32 *headers_len)
{
	struct owner_entry *entry = entry_of_frame(skb, here, at, headers_len);

	return entry && is_believed(entry->belief, now - entry->jiffy) ? entry : NULL;
}
