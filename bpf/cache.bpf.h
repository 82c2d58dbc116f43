/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The owner cache: the cell of a flow whose socket was found within this jiffy. FIN, SYN and RST
 * change what a tuple means, so packets that carry one are always looked up and end the entry.
 */
#pragma once

#define TCP_FLAGS_OF_CHANGE 0x07 /* FIN, SYN, RST */

static __always_inline struct owner_entry *owner_entry_at(__u32 hash)
{
	__u32 way = bpf_get_smp_processor_id() * CGT_OWNER_WAYS + (hash & (CGT_OWNER_WAYS - 1));

	return bpf_map_lookup_elem(&cgt_owner_cache, &way);
}

static __always_inline __u32 protocol_word(const struct packet *p)
{
	return (__u32)p->version << 8 | p->protocol;
}

static __always_inline int entry_is_of(const struct owner_entry *entry, const struct packet *p)
{
	const __u32 *words = p->words;

	if (entry->iface != iface_key || entry->protocol != protocol_word(p))
		return 0;
	if (p->version == 4)
		return entry->address[0] == words[0] && entry->address[4] == words[1] &&
		       entry->ports == words[2];
	return entry->address[0] == words[0] && entry->address[1] == words[1] &&
	       entry->address[2] == words[2] && entry->address[3] == words[3] &&
	       entry->address[4] == words[4] && entry->address[5] == words[5] &&
	       entry->address[6] == words[6] && entry->address[7] == words[7] &&
	       entry->ports == words[8];
}

static __always_inline void remember(struct owner_entry *entry, const struct packet *p, __u64 now,
				     __u64 cgroup_id, __u32 slot)
{
	const __u32 *words = p->words;

	entry->jiffy = now;
	entry->cgroup_id = cgroup_id;
	entry->iface = iface_key;
	entry->slot = slot;
	entry->protocol = protocol_word(p);
	if (p->version == 4) {
		entry->address[0] = words[0];
		entry->address[4] = words[1];
		entry->ports = words[2];
		return;
	}
	for (int i = 0; i < 8; i++)
		entry->address[i] = words[i];
	entry->ports = words[8];
}

static __always_inline int may_change_owner(const struct packet *p)
{
	return p->protocol == IPPROTO_TCP && (p->tcp_flags & TCP_FLAGS_OF_CHANGE);
}
