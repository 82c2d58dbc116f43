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
	__u32 kind; /* enum cgt_kind */
};

extern void *bpf_rdonly_cast(const void *obj, __u32 btf_id) __ksym __weak;

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

/* The verifier knows the type of `sk`: plain loads suffice. */
static __always_inline struct owner owner_of_typed(struct sock *sk, __u32 state)
{
	__u64 id;

	if (bpf_core_field_exists(struct sock_cgroup_data, cgroup))
		id = sk->sk_cgrp_data.cgroup->kn->id;
	else
		id = cgroup_id_of_word(((struct sock___5_10 *)sk)->sk_cgrp_data.val);
	if (may_be_of_kernel(id, state) && BPF_CORE_READ_BITFIELD(sk, sk_kern_sock))
		return owner_by_reason(CGT_KERNEL);
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
		return owner_by_reason(CGT_KERNEL);
	return (struct owner){.cgroup_id = id};
}

/* For any protocol: no bpf_skc_to_* helper accepts an AF_INET UDP socket. */
static __always_inline struct owner owner_of(void *sk, __u32 state)
{
	struct sock *address = NULL;
	void *volatile spilled = sk;

	if (have_rdonly_cast)
		return owner_of_typed(bpf_rdonly_cast(sk, bpf_core_type_id_kernel(struct sock)),
				      state);
	bpf_probe_read_kernel(&address, sizeof(address), (void *)&spilled);
	return owner_of_address(address, state);
}

static __always_inline int is_full_socket(__u32 state)
{
	return state != BPF_TCP_TIME_WAIT && state != BPF_TCP_NEW_SYN_RECV;
}
