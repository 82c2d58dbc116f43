/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Hands the sender of a packet over from a pod's veth to the uplink. IP input takes the packet's
 * socket away, but from tc ingress of the host's end of the veth to tc egress of the uplink a
 * packet runs in one section with bottom halves disabled, on one CPU, and stays the same struct
 * sk_buff: through a bridge, routing, NAT and encapsulation. So its address tells which packet it
 * is. Not so behind a queue (NFQUEUE, WireGuard, asynchronous IPsec) or in a fragment made here:
 * the veth then tells the pod, if it still is what the packet came in by.
 */
#pragma once

#define MAX_DEVICES_FOR_MASTER 8
#define IP_FRAGMENT_BITS       0x3fff /* more fragments, and the offset */
#define IPV6_HEADER	       40
#define PASSAGE_JIFFIES	       64
#define TUNNEL_JIFFIES	       8

/*
 * A number for the sk_buff. The verifier lets no pointer become a number, but gives the difference
 * of two; the memory of a CPU stays where it is.
 */
static __always_inline __u64 number_of(struct __sk_buff *skb, struct cpu_memory *here)
{
	__u64 number = (__u64)skb;

	asm volatile("%0 -= %1" : "+r"(number) : "r"(here));
	return number;
}

static __always_inline struct passage *passage_at(struct cpu_memory *here, __u64 number)
{
	return &here->passages[(number >> 8 ^ number >> 16) & (CGT_PASSAGE_CACHE_SIZE - 1)];
}

/* What routing sees as the incoming device: the bridge (or VRF) of a port, else the device. */
VERIFIED_ONCE int find_master(struct __sk_buff *skb)
{
	struct net_device *dev = BPF_CORE_READ(kernel_skb(skb), dev);
	__u32 head_at = bpf_core_field_offset(struct net_device, adj_list.upper);
	struct list_head *head = (void *)dev + head_at;
	struct list_head *at = BPF_CORE_READ(head, next);

	for (int i = 0; i < MAX_DEVICES_FOR_MASTER && at && at != head; i++) {
		struct netdev_adjacent *above =
			(void *)at - bpf_core_field_offset(struct netdev_adjacent, list);

		if (BPF_CORE_READ(above, master))
			return BPF_CORE_READ(above, dev, ifindex);
		at = BPF_CORE_READ(at, next);
	}
	return skb->ifindex;
}

/* Walks once in a jiffy for each device. */
static __always_inline __u32 master_of(struct __sk_buff *skb, struct cpu_memory *here, __u64 now)
{
	struct master_entry *entry = &here->masters[skb->ifindex & (CGT_MASTER_CACHE_SIZE - 1)];

	if (preempt_rt)
		return find_master(skb);
	if (entry->jiffy != now || entry->ifindex != skb->ifindex) {
		entry->jiffy = now;
		entry->ifindex = skb->ifindex;
		entry->master = find_master(skb);
	}
	return entry->master;
}

/*
 * Which fragment of which datagram a packet is; 0 if it is whole, or if its headers cannot be read
 * at once. What conntrack puts together is cut again into new sk_buffs, that have the addresses of
 * others which came by the same bridge.
 */
static __always_inline __u32 fragment_of(struct __sk_buff *skb, __u32 ip_at)
{
	void *ip = (void *)(long)skb->data + ip_at, *end = (void *)(long)skb->data_end;
	struct iphdr *v4 = ip;
	__be32 *v6 = ip;

	if (skb->protocol == bpf_htons(ETH_P_IP) && ip + sizeof(*v4) <= end)
		return v4->frag_off & bpf_htons(IP_FRAGMENT_BITS)
			       ? (__u32)v4->id << 16 | v4->frag_off
			       : 0;
	if (skb->protocol == bpf_htons(ETH_P_IPV6) && ip + IPV6_HEADER + 8 <= end &&
	    ((__u8 *)ip)[6] == IPPROTO_FRAGMENT)
		return v6[IPV6_HEADER / 4] ^ v6[IPV6_HEADER / 4 + 1] ?: 1;
	return 0;
}

static __always_inline void hand_over(struct __sk_buff *skb, struct cpu_memory *here,
				      __u64 cgroup_id)
{
	__u64 number = number_of(skb, here);
	struct passage *passage = passage_at(here, number);
	__u64 now = bpf_jiffies64();

	passage->skb = number;
	passage->cgroup_id = cgroup_id;
	passage->jiffy = now;
	passage->device = skb->ifindex;
	passage->in_ifindex = master_of(skb, here, now);
	passage->counted_on = 0;
	passage->fragment = fragment_of(skb, ETH_HLEN);
}

/*
 * NULL if the packet did not come from a pod's veth. An old entry may have the address of a packet
 * that has been freed. What came in by the same device would have replaced it: each port of a
 * bridge that has pods is asked. Not so a fragment made here, which must be the one that came in.
 * A tunnel forgets the device, so there the entry must be younger. Not as young as the packet's way
 * takes: a hypervisor may stop this CPU on the way. With PREEMPT_RT another packet may write the
 * entry meanwhile: then the device tells the pod.
 */
static __always_inline struct passage *find_passage(struct __sk_buff *skb, struct cpu_memory *here)
{
	__u64 number = number_of(skb, here);
	struct passage *passage = passage_at(here, number);
	__u32 in_ifindex = skb->ingress_ifindex;
	__u64 age = bpf_jiffies64() - passage->jiffy;
	__u32 fragment;

	if (preempt_rt || passage->skb != number ||
	    age > (in_ifindex ? PASSAGE_JIFFIES : TUNNEL_JIFFIES))
		return NULL;
	fragment = fragment_of(skb, l2_has_ethernet ? ETH_HLEN : 0);

	/* Outer headers say nothing of inner ones, but what is cut after them is new. */
	if (!in_ifindex)
		return fragment ? NULL : passage;
	return (in_ifindex == passage->in_ifindex || in_ifindex == passage->device) &&
			       passage->fragment == fragment
		       ? passage
		       : NULL;
}

/* The pod's cgroup at the other end of a device; 0 if it is not known. */
static __always_inline __u64 pod_behind_device(__u32 ifindex)
{
	struct cgt_endpoint_device key = {.netns = netns_key, .ifindex = ifindex};
	__u64 *cgroup_id = bpf_map_lookup_elem(&cgt_endpoint_devices, &key);

	return cgroup_id ? *cgroup_id : 0;
}
