/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The interface of a packet, among those that share the programs: one lookup in an array, by its
 * ifindex. Two interfaces whose ifindexes meet in one entry get programs of their own from the
 * loader, which gives an entry to another interface only after the hooks of the one before have
 * gone.
 */
#pragma once

static __always_inline __u32 interface_index(struct __sk_buff *skb)
{
	return skb->ifindex & (INTERFACES_SHARING - 1);
}

/* NULL only for the verifier: the index is within the array. */
static __always_inline const struct interface_here *interface_of(struct __sk_buff *skb)
{
	__u32 index = interface_index(skb);

	return bpf_map_lookup_elem(&cgt_interfaces_here, &index);
}

static __always_inline __u32 key_of(const struct interface_here *at)
{
	return at->words[CGT_CGROUP];
}

static __always_inline __u32 slot_of_reason(const struct interface_here *at, enum cgt_kind kind)
{
	return at->words[unlearned(kind) & (REASON_SLOTS - 1)];
}

/* For a question that is asked seldom. */
static __always_inline __u32 interface_key(struct __sk_buff *skb)
{
	const struct interface_here *at = interface_of(skb);

	return at ? key_of(at) : 0;
}
