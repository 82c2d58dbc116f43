/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What is known of a local port whose packets NAT may redirect: that they end here, or elsewhere.
 * Learned from flows that conntrack knows, from handshakes that a listener answers, and from UDP
 * flows that stay unknown to conntrack (NOTRACK). Forgotten as soon as a packet shows the contrary.
 */
#pragma once

enum port_fate {
	FATE_UNKNOWN,
	FATE_HERE,
	FATE_ELSEWHERE,
};

static __always_inline struct port_key port_key_of(const struct bpf_sock_tuple *tuple, __u8 version,
						   __u8 protocol)
{
	return (struct port_key){
		.netns = netns_key,
		.port = version == 4 ? tuple->ipv4.dport : tuple->ipv6.dport,
		.protocol = protocol,
		.version = version,
	};
}

static __always_inline void learn_fate(const struct port_key *key, enum port_fate fate)
{
	struct port_belief *known = bpf_map_lookup_elem(&cgt_ports, key);
	struct port_belief belief = {.fate = fate};

	if (!known)
		bpf_map_update_elem(&cgt_ports, key, &belief, BPF_ANY);
	else if (known->fate != fate)
		known->fate = fate;
}

static __always_inline enum port_fate fate_of(const struct port_key *key)
{
	struct port_belief *known = bpf_map_lookup_elem(&cgt_ports, key);

	return known ? known->fate : FATE_UNKNOWN;
}

/*
 * A UDP flow that conntrack still does not know a jiffy after it was first met is not tracked,
 * hence not translated. (Within one jiffy a batch of its packets can pass here before the first
 * reaches conntrack.)
 */
static __always_inline int is_untracked_flow(const struct port_key *key, __u32 flow)
{
	struct port_belief *known = bpf_map_lookup_elem(&cgt_ports, key);
	struct port_belief first = {.flow = flow, .jiffy = bpf_jiffies64()};

	if (!known) {
		bpf_map_update_elem(&cgt_ports, key, &first, BPF_NOEXIST);
		return 0;
	}
	if (known->fate == FATE_UNKNOWN && known->flow == flow && known->jiffy != first.jiffy)
		return 1;
	if (known->flow != flow) {
		known->flow = flow;
		known->jiffy = first.jiffy;
	}
	return 0;
}
