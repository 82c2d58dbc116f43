/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The owner of a received packet whose address belongs to another netns of this host: a pod's or a
 * container's behind a veth, bridge or macvlan. The address tells the pod, a socket lookup in the
 * pod's netns the container. Where the container is not certain, the pod is the owner.
 */
#pragma once

/* What is behind the address that whose_address() was asked for last, which was `tuple`'s. */
static __always_inline struct cgt_endpoint *
endpoint_of(struct cpu_memory *here, const struct bpf_sock_tuple *tuple, __u32 version)
{
	struct address_entry *entry = &here->addresses[here->asked & (CGT_ADDRESS_CACHE_SIZE - 1)];
	struct cgt_address to;

	if (!preempt_rt)
		return entry->is_endpoint ? &entry->endpoint : NULL;
	to = destination_of(tuple, version);
	return kept_endpoint(&to);
}

/*
 * Tells whether a socket in the pod's netns certainly takes the packet, and sets its owner. A
 * listener is believed for what begins or completes a handshake with it. The pod's own NAT
 * (a service mesh redirects every connection to its proxy) makes what matches by port alone
 * uncertain: look_up() finds nothing then.
 */
static __always_inline int has_owner_in_netns(struct __sk_buff *skb, struct packet *p,
					      struct bpf_sock_tuple *tuple, __u64 netns,
					      struct owner *owner)
{
	enum match match = look_up_receiver(skb, p, tuple, netns, owner);

	if (match == MATCHED_PORT && p->protocol == IPPROTO_TCP && !is_syn(p) &&
	    small_socket_state(skb, tuple, p->version, netns) != BPF_TCP_NEW_SYN_RECV)
		return 0;
	if (match == MATCHED_ENDING)
		p->unserved = BY_OLD_SOCKET;
	return match && owner->kind == CGT_CGROUP;
}

#define MAX_IDR_LEVELS 5    /* of 6 bits: any id */
#define IDR_LEVEL_MASK 0x3f /* XA_CHUNK_MASK without CONFIG_BASE_SMALL */
#define IDR_NODE_TAG   2    /* include/linux/xarray.h: an internal entry's low bits */

/*
 * Tells whether the endpoint's netns still is what has its id here: while no keeper runs, its
 * address may already be another pod's. The ids are an IDR, whose layout is the same from 5.10 to
 * 7.2. Only for what no socket takes.
 */
VERIFIED_ONCE int still_has_id(struct __sk_buff *skb, __u64 netns)
{
	struct net *ours = (void *)netns_of(skb);
	__u64 entry = (__u64)BPF_CORE_READ(ours, netns_ids.idr_rt.xa_head);
	__u32 inode = netns >> 32, beyond = netns, shift;

	if (!inode)
		return 1;
	for (int i = 0; i < MAX_IDR_LEVELS && (entry & 3) == IDR_NODE_TAG; i++) {
		struct xa_node *node = (void *)(entry - IDR_NODE_TAG);
		__u64 slots = (__u64)node + bpf_core_field_offset(struct xa_node, slots);

		shift = BPF_CORE_READ(node, shift) & 31;
		if (beyond >> shift > IDR_LEVEL_MASK)
			return 0;
		slots += (beyond >> shift & IDR_LEVEL_MASK) * sizeof(void *);
		beyond &= (1U << shift) - 1;
		if (bpf_probe_read_kernel(&entry, sizeof(entry), (void *)slots))
			return 0;
	}
	/* An id for which the tree has no level is left over. */
	return entry && !beyond && BPF_CORE_READ((struct net *)entry, ns.inum) == inode;
}

/* `tuple` is the flow's as the pod sees it. Returns the owner's kind. */
static __noinline __u32 owner_behind(struct __sk_buff *skb, struct packet *p,
				     struct bpf_sock_tuple *tuple, struct owner *owner,
				     struct cpu_memory *here)
{
	struct cgt_endpoint *endpoint = endpoint_of(here, tuple, p->version);
	__u64 pod = endpoint ? endpoint->cgroup_id : 0;

	if (!endpoint || !p->has_ports || endpoint->nsid < 0 ||
	    !has_owner_in_netns(skb, p, tuple, NETNS_OF_ENDPOINT(endpoint), owner)) {
		if (pod && !still_has_id(skb, NETNS_OF_ENDPOINT(endpoint)))
			pod = 0;
		*owner = (struct owner){.cgroup_id = pod, .kind = pod ? CGT_CGROUP : CGT_FORWARDED};
		p->unserved = UNSERVED;
	}
	if (!owner->cacheable)
		owner->cacheable = FOR_THIS_JIFFY;
	return owner->kind;
}
