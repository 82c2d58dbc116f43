/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * From a socket to its owner. sched_cls has no helper for the cgroup of a looked-up socket
 * (bpf_sk_cgroup_id is rejected up to 7.2), so the kernel's fields are read: by plain loads if the
 * verifier knows the type, else by probe reads. Only for full sockets: TIME_WAIT and request
 * sockets end before these fields.
 */
#pragma once

#define ROOT_CGROUP_ID 1

struct owner {
	__u64 cgroup_id;
	__u32 kind;	 /* enum cgt_kind */
	__u32 cacheable; /* how long this holds for the flow's other packets (belief.bpf.h) */
};

/*
 * Without functions of the kernel: where one is called, a constant says that it never is. A macro,
 * because libbpf 1.5 declares the function.
 */
#ifndef CGT_NO_KERNEL_FUNCTIONS
extern void *bpf_rdonly_cast(const void *obj, __u32 btf_id) __ksym __weak;
#else
#define bpf_rdonly_cast(obj, btf_id) ((void *)(obj))
#endif

/* Up to 5.14 the cgroup pointer shares its word with net_cls and net_prio. */
struct sock_cgroup_data___5_10 {
	__u64 val;
} __attribute__((preserve_access_index));

struct sock___5_10 {
	struct sock_cgroup_data___5_10 sk_cgrp_data;
} __attribute__((preserve_access_index));

static __always_inline __u64 cgroup_id_of_word(__u64 word)
{
	/*
	 * A set low bit: the word holds net_cls/net_prio ids and the cgroup is taken to be the
	 * root.
	 */
	if (!word || (word & 3))
		return ROOT_CGROUP_ID;
	return BPF_CORE_READ((struct cgroup *)word, kn, id);
}

/*
 * A kernel socket has the cgroup of the process that made its netns, or root. The kernel's control
 * sockets are raw or unconnected, so a connected socket is examined only if its cgroup is root: a
 * connection that the kernel makes on behalf of a cgroup (NFS, for example) counts for that cgroup.
 */
static __always_inline int may_be_of_kernel(__u64 cgroup_id, __u32 state)
{
	return cgroup_id <= ROOT_CGROUP_ID || state == BPF_TCP_CLOSE;
}

static __always_inline struct owner owner_by_reason(enum cgt_kind kind)
{
	return (struct owner){.kind = kind};
}

/* A pointer that the verifier knows becomes a number for probe reads. */
static __always_inline __u64 address_of(void *object)
{
	void *volatile spilled = object;
	__u64 address = 0;

	bpf_probe_read_kernel(&address, sizeof(address), (void *)&spilled);
	return address;
}

/* Of include/linux/net.h; MIPS alone has other numbers. */
#define SOCK_STREAM 1
#define SOCK_DGRAM  2

/*
 * The owner of a socket that the kernel made for itself. A subflow of MPTCP is such a socket, with
 * the cgroup of the connection's own; a UDP socket with a receive function is a tunnel's end. The
 * kernel's socket for resets has TCP's number, but is a raw socket: behind its end lies another
 * object's memory.
 */
VERIFIED_ONCE int kind_of_kernel_socket(__u64 address)
{
	struct sock *sk = (void *)address;
	__u32 protocol = BPF_CORE_READ(sk, sk_protocol);
	__u32 type = BPF_CORE_READ(sk, sk_type);

	if (protocol == IPPROTO_TCP && type == SOCK_STREAM &&
	    bpf_core_field_exists(struct tcp_sock, is_mptcp) &&
	    BPF_CORE_READ_BITFIELD_PROBED((struct tcp_sock *)sk, is_mptcp))
		return CGT_CGROUP;
	if (protocol == IPPROTO_UDP && type == SOCK_DGRAM &&
	    BPF_CORE_READ((struct udp_sock *)sk, encap_rcv))
		return CGT_TUNNEL;
	return CGT_KERNEL;
}

static __always_inline struct owner owner_of_kernel_socket(void *sk, __u32 protocol,
							   __u64 cgroup_id)
{
	__u32 kind = protocol == IPPROTO_TCP || protocol == IPPROTO_UDP
			     ? kind_of_kernel_socket(address_of(sk))
			     : CGT_KERNEL;

	return (struct owner){.cgroup_id = kind == CGT_CGROUP ? cgroup_id : 0, .kind = kind};
}

/* The verifier knows the type of `sk`: plain loads suffice. */
static __always_inline struct owner owner_of_typed(struct sock *sk, __u32 state)
{
	__u64 id;

	if (bpf_core_field_exists(struct sock_cgroup_data, cgroup))
		id = sk->sk_cgrp_data.cgroup->kn->id;
	else
		id = cgroup_id_of_word(((struct sock___5_10 *)sk)->sk_cgrp_data.val);
	if (may_be_of_kernel(id, state) && BPF_CORE_READ_BITFIELD(sk, sk_kern_sock))
		return owner_of_kernel_socket(sk, sk->sk_protocol, id);
	return (struct owner){.cgroup_id = id};
}

/* For the verifier `sk` is a number: probe reads are needed. */
static __always_inline struct owner owner_of_address(struct sock *sk, __u32 state)
{
	__u64 id;

	if (bpf_core_field_exists(struct sock_cgroup_data, cgroup))
		id = BPF_CORE_READ(sk, sk_cgrp_data.cgroup, kn, id);
	else
		id = cgroup_id_of_word(BPF_CORE_READ((struct sock___5_10 *)sk, sk_cgrp_data.val));
	if (may_be_of_kernel(id, state) && BPF_CORE_READ_BITFIELD_PROBED(sk, sk_kern_sock))
		return owner_of_kernel_socket(sk, BPF_CORE_READ(sk, sk_protocol), id);
	return (struct owner){.cgroup_id = id};
}

/* For any protocol: no bpf_skc_to_* helper accepts an AF_INET UDP socket. */
static __always_inline struct owner owner_of(void *sk, __u32 state)
{
	if (have_rdonly_cast)
		return owner_of_typed(bpf_rdonly_cast(sk, bpf_core_type_id_kernel(struct sock)),
				      state);
	return owner_of_address((void *)address_of(sk), state);
}

static __always_inline int is_full_socket(__u32 state)
{
	return state != BPF_TCP_TIME_WAIT && state != BPF_TCP_NEW_SYN_RECV;
}
