/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A UDP socket that was found for a flow, and that is remembered by its address: whether the kernel
 * would still find it, and it alone, is seen in the socket itself. No second socket can be bound to
 * what one without SO_REUSEADDR and SO_REUSEPORT has (udp_lib_lport_inuse, 5.10 to 7.2). Needs
 * bpf_rdonly_cast, by which plain loads from whatever is at the address by now are harmless.
 */
#pragma once

#define AF_INET6 10

/* Their type is UAPI, which <vmlinux.h> leaves to the headers of UAPI. */
struct sock_common___ipv6 {
	struct in6_addr skc_v6_daddr;
	struct in6_addr skc_v6_rcv_saddr;
} __attribute__((preserve_access_index));

#define sockets_can_be_remembered (have_rdonly_cast && !preempt_rt)

/* A number: the verifier takes a pointer that is negated for one, and leaves it a number. */
static __always_inline __u64 address_as_number(const void *pointer)
{
	__u64 number = (__u64)pointer;

	asm volatile("%0 = -%0; %0 = -%0" : "+r"(number));
	return number;
}

/* skc_reuse, skc_reuseport and skc_ipv6only: one byte, 5.10 to 7.2. */
#define SHARING_BITS  0x1f
#define IPV6_ONLY_BIT 0x20

static __always_inline __u32 flags_of(const struct sock *sk)
{
	return *((const __u8 *)sk +
		 __builtin_preserve_field_info(sk->__sk_common.skc_reuse, BPF_FIELD_BYTE_OFFSET));
}

/* The address of a socket that was looked up, if nobody else can get its packets; else 0. */
static __always_inline __u64 address_if_alone(struct bpf_sock *sk)
{
	const struct sock *typed = bpf_rdonly_cast(sk, bpf_core_type_id_kernel(struct sock));

	if (flags_of(typed) & SHARING_BITS || typed->__sk_common.skc_bound_dev_if)
		return 0;
	return address_as_number(sk);
}

/* As in struct bpf_sock_tuple, and so in the entry: the other end first, in network byte order. */
static __always_inline int takes_ipv4(const struct sock *sk, __u64 addresses, int connected,
				      __u32 flags)
{
	__u64 both = sk->__sk_common.skc_addrpair; /* the other end's, its own; 0: any */
	__u32 bound = both >> 32, to = addresses >> 32;

	return (!bound || bound == to) && (!connected || (__u32)both == (__u32)addresses) &&
	       !(flags & IPV6_ONLY_BIT);
}

static __always_inline int takes_ipv6(const struct sock *sk, const __u64 *addresses, int connected)
{
	const struct sock_common___ipv6 *common = (const void *)&sk->__sk_common;
	const __u64 *bound = (const __u64 *)&common->skc_v6_rcv_saddr;
	const __u64 *other = (const __u64 *)&common->skc_v6_daddr;
	__u64 high = bound[0], low = bound[1];

	if (sk->__sk_common.skc_family != AF_INET6)
		return 0;
	if ((high | low) && (high != addresses[2] || low != addresses[3]))
		return 0;
	return !connected || (other[0] == addresses[0] && other[1] == addresses[1]);
}

static __always_inline const struct sock *socket_of(const struct owner_entry *entry)
{
	return bpf_rdonly_cast((void *)entry->belief, bpf_core_type_id_kernel(struct sock));
}

/*
 * Asked for each packet: a socket that has been closed has no port any more, and its memory becomes
 * another socket's only after a grace period of RCU (SOCK_RCU_FREE).
 */
static __always_inline int is_bound(const struct owner_entry *entry)
{
	__u32 ports = socket_of(entry)->__sk_common.skc_portpair;

	return bpf_htons(ports >> 16) == entry->ports >> 16;
}

/*
 * Tells whether a lookup would find a socket of the same owner at the same place: if another has
 * its memory by now, it must be bound alike and of the same cgroup.
 */
static __always_inline int still_takes(const struct owner_entry *entry)
{
	const struct sock *sk = socket_of(entry);
	__u16 connected = sk->__sk_common.skc_portpair; /* to the other end's port */
	__u32 flags = flags_of(sk);

	if (!is_bound(entry) || (connected && connected != (__u16)entry->ports) ||
	    flags & SHARING_BITS || sk->__sk_common.skc_bound_dev_if)
		return 0;
	if (entry->flow_kind >> 8 == 4 ? !takes_ipv4(sk, entry->addresses[0], connected, flags)
				       : !takes_ipv6(sk, entry->addresses, connected))
		return 0;
	return sk->sk_cgrp_data.cgroup->kn->id == entry->owner;
}
