/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The container of a pod's packet whose socket nobody handed over: GRO took it away before the veth
 * could be asked, or a queue (NFQUEUE) kept the packet for too long. The device told the pod; a
 * socket lookup in its netns, by the tuple of a reply as it is before NAT, finds the container.
 * Believed is only a socket beside which no other can send with this source: a pod that writes
 * another's address counts for itself. Within a pod, what a raw socket sends in the name of another
 * socket counts for that.
 */
#pragma once

/*
 * `match` is that of a reply. A listener itself sends only what answers a handshake; datagrams come
 * from any socket that shares the port.
 */
static __always_inline int sends_alone(struct __sk_buff *skb, struct packet *p,
				       struct bpf_sock_tuple *reply, __u64 netns, enum match match)
{
	struct bpf_sock *sk;
	int shared;

	if (p->protocol == IPPROTO_TCP)
		return match >= MATCHED_FLOW ||
		       small_socket_state(skb, reply, p->version, netns) == BPF_TCP_NEW_SYN_RECV;
	sk = bpf_sk_lookup_udp(skb, reply, TUPLE_LEN(p->version), (__s32)netns, 0);
	if (!sk)
		return 0;
	shared = may_share_port(address_of(sk));
	bpf_sk_release(sk);
	return !shared;
}

/* Makes `reply` what the pod itself would see. NULL if its source is no pod's. */
static __always_inline struct cgt_endpoint *sending_endpoint(struct __sk_buff *skb,
							     struct packet *p,
							     struct bpf_sock_tuple *reply,
							     struct cpu_memory *here)
{
	enum whose whose = whose_address_at_once(skb, here, reply, p->version);
	int is_reply;

	if (whose == ADDRESS_OURS) {
		if (!nat_is_possible(skb, here, p->version) ||
		    translate(skb, reply, p->version, p->protocol, &is_reply) != TRANSLATED)
			return NULL;
		whose_address(skb, here, reply, p->version);
	}
	return endpoint_of(here, reply, p->version);
}

/* The cgroup's id; that of the pod if the container is not certain. */
VERIFIED_ONCE __u64 find_sender_in_pod(struct __sk_buff *skb, __u64 pod)
{
	__u32 cpu = bpf_get_smp_processor_id();
	struct cpu_memory *here = bpf_map_lookup_elem(&cgt_cpus, &cpu);
	struct packet on_stack, *p;
	struct cgt_endpoint *endpoint;
	struct owner owner = {};
	enum match match;
	__u64 netns;

	if (!here)
		return pod;
	p = parse_anew(skb, here, &on_stack);
	if (!p->has_ports)
		return pod;
	set_reply_tuple(&p->translated, p);
	endpoint = sending_endpoint(skb, p, &p->translated, here);
	if (!endpoint || endpoint->cgroup_id != pod || endpoint->nsid < 0)
		return pod;
	netns = NETNS_OF_ENDPOINT(endpoint);
	match = look_up(skb, &p->translated, flow_kind(p), netns, &owner);
	if (!match || owner.kind != CGT_CGROUP ||
	    !sends_alone(skb, p, &p->translated, netns, match))
		return pod;
	return owner.cgroup_id;
}
