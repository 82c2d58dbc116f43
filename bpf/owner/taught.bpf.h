/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Where conntrack cannot be asked (before 5.18, or without its module): egress teaches ingress. If
 * NAT rewrote what a connected socket sends, the packet's tuple is not the socket's own, and no
 * lookup finds the socket for the replies (to a host's client of a Service IP, for example). The
 * same with a pod that the host masquerades or whose port it publishes. So
 * egress stores the owner under the tuple that replies will have. The price: a tuple that is used
 * again belongs to its former owner until the new one has sent.
 */
#pragma once

static __always_inline void set_reply_tuple(struct bpf_sock_tuple *reply, const struct packet *p)
{
	if (p->version == 4) {
		reply->ipv4.saddr = p->tuple.ipv4.daddr;
		reply->ipv4.daddr = p->tuple.ipv4.saddr;
		reply->ipv4.sport = p->tuple.ipv4.dport;
		reply->ipv4.dport = p->tuple.ipv4.sport;
		return;
	}
	for (int i = 0; i < 4; i++) {
		reply->ipv6.saddr[i] = p->tuple.ipv6.daddr[i];
		reply->ipv6.daddr[i] = p->tuple.ipv6.saddr[i];
	}
	reply->ipv6.sport = p->tuple.ipv6.dport;
	reply->ipv6.dport = p->tuple.ipv6.sport;
}

static __always_inline void set_reply_key(struct taught_key *key, const struct packet *p)
{
	key->netns = netns_key;
	key->protocol = p->protocol;
	key->version = p->version;
	set_reply_tuple(&key->tuple, p);
}

static __always_inline int is_own_tuple(const struct bpf_sock *sk, const struct packet *p)
{
	if (p->version == 4)
		return sk->dst_ip4 == p->tuple.ipv4.daddr && sk->src_ip4 == p->tuple.ipv4.saddr &&
		       sk->dst_port == p->tuple.ipv4.dport &&
		       bpf_htons(sk->src_port) == p->tuple.ipv4.sport;
	return sk->dst_ip6[3] == p->tuple.ipv6.daddr[3] &&
	       sk->src_ip6[3] == p->tuple.ipv6.saddr[3] &&
	       sk->dst_ip6[2] == p->tuple.ipv6.daddr[2] && sk->dst_port == p->tuple.ipv6.dport &&
	       bpf_htons(sk->src_port) == p->tuple.ipv6.sport;
}

/* Once a jiffy for each flow: the map is shared by all CPUs. */
static __always_inline int was_taught_now(struct cpu_memory *here, const struct packet *p)
{
	__u32 hash = flow_hash(p, netns_key, THIS_SENDER);
	struct taught_entry *entry = &here->taught[hash & (CGT_TAUGHT_CACHE_SIZE - 1)];
	__u64 now = bpf_jiffies64();

	if (preempt_rt)
		return 0;
	if (entry->jiffy == now && entry->hash == hash)
		return 1;
	entry->jiffy = now;
	entry->hash = hash;
	return 0;
}

/*
 * Tells whether NAT has rewritten what a connected socket of this host sends, or what is forwarded:
 * that then has an address of this netns as its source.
 */
static __always_inline int is_rewritten(struct bpf_sock *sk, const struct packet *p,
					const struct taught_key *reply)
{
	struct cgt_address source;

	if (sk)
		return !is_own_tuple(sk, p);
	source = destination_of(&reply->tuple, p->version);
	return is_in_address_set(&source, p->version);
}

VERIFIED_ONCE int teach_owner(struct __sk_buff *skb, __u64 cgroup_id)
{
	__u32 cpu = bpf_get_smp_processor_id();
	struct cpu_memory *here = bpf_map_lookup_elem(&cgt_cpus, &cpu);
	struct bpf_sock *sk = skb->sk;
	struct taught_key key = {};
	struct packet packet = {};

	if (!here || (sk && !sk->dst_port))
		return 0;
	parse(skb, &packet);
	if (!packet.has_ports || !nat_is_possible(skb, here, packet.version))
		return 0;
	set_reply_key(&key, &packet);
	if (!is_rewritten(sk, &packet, &key) || was_taught_now(here, &packet))
		return 0;
	return bpf_map_update_elem(&cgt_taught, &key, &cgroup_id, BPF_ANY);
}

/* The owner that egress stored for packets with this tuple; 0 if there is none. */
static __noinline __u64 taught_owner(const struct packet *p)
{
	struct taught_key key = {
		.tuple = p->tuple,
		.netns = netns_key,
		.protocol = p->protocol,
		.version = p->version,
	};
	__u64 *cgroup_id = bpf_map_lookup_elem(&cgt_taught, &key);

	return cgroup_id ? *cgroup_id : 0;
}
