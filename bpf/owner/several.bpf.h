/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Sockets that share a port by a rule that a lookup does not follow: a reuseport group whose BPF
 * program chooses by the packet's contents (a lookup chooses by hash), and receivers of multicast
 * that take only the groups that they joined (a lookup does not know groups). If the lookup's
 * answer may then be another cgroup's, the packet is counted on (several) instead of a wrong name.
 */
#pragma once

#define MAX_GROUP_SOCKETS     64
#define MAX_MEMBERSHIPS	      64
#define INET_FLAGS_MC_ALL_BIT 14 /* include/net/inet_sock.h, 6.6 to 7.2 */

/* A list element of a socket's multicast memberships; its second member is UAPI. */
struct ip_mc_socklist {
	struct ip_mc_socklist *next_rcu;
	struct ip_mreqn multi;
} __attribute__((preserve_access_index));

/* Up to 6.5 IP_MULTICAST_ALL is a bit of its own. */
struct inet_sock___6_5 {
	__u8 mc_all : 1;
} __attribute__((preserve_access_index));

struct inet_sock___6_6 {
	unsigned long inet_flags;
} __attribute__((preserve_access_index));

static __always_inline __u64 cgroup_of_address(struct sock *sk)
{
	if (bpf_core_field_exists(struct sock_cgroup_data, cgroup))
		return BPF_CORE_READ(sk, sk_cgrp_data.cgroup, kn, id);
	return cgroup_id_of_word(BPF_CORE_READ((struct sock___5_10 *)sk, sk_cgrp_data.val));
}

/* Tells whether a program steers the socket's reuseport group and its sockets' cgroups differ. */
VERIFIED_ONCE int is_steered_group(__u64 address)
{
	struct sock *sk = (void *)address;
	struct sock_reuseport *group = BPF_CORE_READ(sk, sk_reuseport_cb);
	struct sock *const *sockets;
	__u64 cgroup_id;
	__u32 count;

	if (!group || !BPF_CORE_READ(group, prog))
		return 0;
	count = BPF_CORE_READ(group, num_socks);
	cgroup_id = cgroup_of_address(sk);
	sockets = (void *)group + bpf_core_field_offset(struct sock_reuseport, socks);
	for (__u32 i = 0; i < MAX_GROUP_SOCKETS && i < count; i++) {
		struct sock *member = NULL;

		bpf_probe_read_kernel(&member, sizeof(member), &sockets[i]);
		if (cgroup_of_address(member) != cgroup_id)
			return 1;
	}
	return count > MAX_GROUP_SOCKETS;
}

static __always_inline int takes_all_groups(struct sock *sk)
{
	struct inet_sock___6_5 *old = (void *)sk;
	struct inet_sock___6_6 *inet = (void *)sk;

	if (bpf_core_field_exists(old->mc_all))
		return BPF_CORE_READ_BITFIELD_PROBED(old, mc_all);
	return BPF_CORE_READ(inet, inet_flags) >> INET_FLAGS_MC_ALL_BIT & 1;
}

/* Tells whether an IPv4 socket does not take datagrams to this group. */
VERIFIED_ONCE int is_not_a_member(__u64 address, __u32 group)
{
	struct sock *sk = (void *)address;
	struct ip_mc_socklist *one = BPF_CORE_READ((struct inet_sock *)sk, mc_list);

	if (takes_all_groups(sk))
		return 0;
	for (int i = 0; i < MAX_MEMBERSHIPS && one; i++) {
		struct ip_mreqn joined = {};

		bpf_probe_read_kernel(&joined, sizeof(joined),
				      (void *)one +
					      bpf_core_field_offset(struct ip_mc_socklist, multi));
		if (joined.imr_multiaddr.s_addr == group)
			return 0;
		one = BPF_CORE_READ(one, next_rcu);
	}
	return 1;
}

/* Tells whether another socket may send from the same address and port. */
static __always_inline int may_share_port(__u64 address)
{
	struct sock *sk = (void *)address;

	return BPF_CORE_READ_BITFIELD_PROBED(sk, __sk_common.skc_reuse) ||
	       BPF_CORE_READ_BITFIELD_PROBED(sk, __sk_common.skc_reuseport);
}
