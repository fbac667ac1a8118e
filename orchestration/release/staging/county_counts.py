"""How many movements have an end in a known county: counted in one way for the gate and the manifest."""

from __future__ import annotations


def county_counts(movements: str, places: str, subject: str) -> str:
    """The query: subject, movements that may touch Kenya, and those of them with a known county.

    Counted are movements with an end that is not known to lie abroad: a name that stops being read makes an
    end unknown, and leaving those out would hide exactly that. `movements` and `places` are tables, `subject`
    is an expression over `movements`.
    """
    return f"""
        with ends as (
            select movement_id, {subject} as subject, origin_place_id as place_id from {movements}
            union all
            select movement_id, {subject}, destination_place_id from {movements}
        ),
        movements as (
            select ends.movement_id, ends.subject,
                max(case when places.iso_alpha3 = 'KEN' or places.kind = 'unknown' then 1 else 0 end)
                    as may_be_kenyan,
                max(case when places.iso_alpha3 = 'KEN' and places.kind <> 'country' then 1 else 0 end)
                    as has_county
            from ends inner join {places} as places on ends.place_id = places.place_id
            group by ends.movement_id, ends.subject
        )
        select subject, count(*), sum(has_county) from movements
        where may_be_kenyan = 1 group by subject order by subject
        """
