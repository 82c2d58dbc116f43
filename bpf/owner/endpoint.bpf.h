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
	enum match match = look_up(skb, tuple, flow_kind(p), netns, owner);

	if (match == MATCHED_PORT && p->protocol == IPPROTO_TCP && !is_syn(p) &&
	    small_socket_state(skb, tuple, p->version, netns) != BPF_TCP_NEW_SYN_RECV)
		return 0;
	if (match == MATCHED_ENDING)
		p->unserved = BY_OLD_SOCKET;
	return match && owner->kind == CGT_CGROUP;
}

/* `tuple` is the flow's as the pod sees it. Returns the owner's kind. */
static __noinline __u32 owner_behind(struct __sk_buff *skb, struct packet *p,
				     struct bpf_sock_tuple *tuple, struct owner *owner,
				     struct cpu_memory *here)
{
	struct cgt_endpoint *endpoint = endpoint_of(here, tuple, p->version);
	__u64 pod = endpoint ? endpoint->cgroup_id : 0;

	*owner = (struct owner){};
	if (!endpoint || !p->has_ports || endpoint->nsid < 0 ||
	    !has_owner_in_netns(skb, p, tuple, NETNS_OF_ENDPOINT(endpoint), owner)) {
		if (owner->kind == CGT_FORWARDED)
			pod = 0; /* the endpoint's netns has gone, and its id is another's */
		*owner = (struct owner){.cgroup_id = pod, .kind = pod ? CGT_CGROUP : CGT_FORWARDED};
		p->unserved = UNSERVED;
	}
	if (!owner->cacheable)
		owner->cacheable = FOR_THIS_JIFFY;
	return owner->kind;
}
