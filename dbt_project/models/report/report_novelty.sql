-- One row per thing named in a round by enough persons and partners: first round, new, or seen before.
{{ printed_novelty('partner') }}
