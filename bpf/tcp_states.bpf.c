// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Counts the TCP sockets that leave the state ESTABLISHED, in every netns of this kernel, for the
 * owner cache of the tc programs (tcp_changes.bpf.h). It costs nothing per packet.
 */
#include <linux/bpf.h>
#include <vmlinux.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpf/bpf_core_read.h>
#include <cgtally/abi.h>

#include "tcp_changes.bpf.h"

/*
 * The last state, too: a lookup on another CPU may have met the socket as it left ESTABLISHED. When
 * it reaches CLOSE the kernel has taken it out of its hash (tcp_set_state, 5.10 to 7.2), so no
 * lookup can find it after this count and believe the old owner.
 */
static __always_inline int is_end(int from, int to)
{
	if (from == BPF_TCP_ESTABLISHED)
		return 1;
	return to == BPF_TCP_CLOSE && from != BPF_TCP_SYN_SENT && from != BPF_TCP_LISTEN;
}

/* NULL if the change tells nothing of an owner. */
static __always_inline __u32 *changes_at(const struct sock *sk, int from, int to)
{
	union {
		__u16 ends[2];
		__u32 both;
	} ports;

	if (!is_end(from, to))
		return NULL;
	ports.ends[0] = sk->__sk_common.skc_dport;
	/* Not skc_num: that is 0 already if the socket gave its port back. */
	ports.ends[1] = BPF_CORE_READ((const struct inet_sock *)sk, inet_sport);
	return tcp_changes_of(tcp_change_bucket(ports.both));
}

/*
 * Asks for the old value, because only such an atomic is a barrier: on arm64 the count could else
 * be seen before the removal from the hash, and a lookup in between would be believed. The other
 * half is belief_before_lookup() in owner/belief.bpf.h.
 */
SEC("tp_btf/inet_sock_set_state")
int BPF_PROG(cgt_tcp_state, const struct sock *sk, const int from, const int to)
{
	__u32 *changes = changes_at(sk, from, to);
	__u32 before = 0;

	if (changes)
		before = __sync_fetch_and_add(changes, 1);
	barrier_var(before); /* else clang takes the barrier away with what nobody needs */
	return 0;
}

/* For kernels before 5.12, which have no such atomic. On x86-64 it is the same. */
SEC("tp_btf/inet_sock_set_state")
int BPF_PROG(cgt_tcp_state_plain, const struct sock *sk, const int from, const int to)
{
	__u32 *changes = changes_at(sk, from, to);

	if (changes)
		__sync_fetch_and_add(changes, 1);
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
