// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The two tc programs of an interface, and the one at the host's end of each pod's veth, which
 * counts nothing and tells the others who sent a packet. They only observe: each path returns
 * "next", so the packet and all other programs continue as if ours were not there.
 */
#include "headers.bpf.h"

#define TC_NEXT -1 /* TCX_NEXT, TC_ACT_UNSPEC */

SEC("tc")
int cgt_ingress(struct __sk_buff *skb)
{
	tally_ingress(skb);
	return TC_NEXT;
}

SEC("tc")
int cgt_egress(struct __sk_buff *skb)
{
	tally_egress(skb);
	return TC_NEXT;
}

SEC("tc")
int cgt_origin(struct __sk_buff *skb)
{
	__u32 cpu = bpf_get_smp_processor_id();
	struct cpu_memory *here = bpf_map_lookup_elem(&cgt_cpus, &cpu);

	if (here)
		note_origin(skb, here);
	return TC_NEXT;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
