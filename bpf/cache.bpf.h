/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The owner cache: the cell of a flow whose socket was found within this jiffy. FIN, SYN and RST
 * change what a tuple means, so packets that carry one are always looked up and end the entry.
 */
#pragma once

#define TCP_FLAGS_OF_CHANGE 0x07 /* FIN, SYN, RST */

static __always_inline struct owner_entry *owner_entry_of(struct cpu_memory *here,
							  const struct packet *p)
{
	return &here->owners[flow_hash(p) & (CGT_OWNER_WAYS - 1)];
}

static __always_inline __u64 flow_kind(const struct packet *p)
{
	return (__u64)iface_key << 32 | (__u32)p->version << 8 | p->protocol;
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

static __always_inline void remember(struct owner_entry *entry, struct packet *p, __u64 now,
				     __u64 cgroup_id)
{
	if (preempt_rt)
		return;
	entry->jiffy = now;
	entry->cgroup_id = cgroup_id;
	entry->flow_kind = flow_kind(p);
	entry->slot = p->slot;
	entry->ports = *port_word(p);
	for (int i = 0; i < 4; i++)
		entry->addresses[i] = p->addresses[i];
}

static __always_inline int may_change_owner(const struct packet *p)
{
	return p->tcp_flags & TCP_FLAGS_OF_CHANGE; /* UDP has none */
}
