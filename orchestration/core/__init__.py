"""Shared foundations: settings, paths, the home, durable files, keys, errors, the lock, artifacts of steps.

Also the journal of refreshes, the texts that people read, and lazy imports for packages. Steps do not
belong here.
"""

from typing import TYPE_CHECKING

from orchestration.core.lazy import offer_when_asked

if TYPE_CHECKING:
    from orchestration.core.disk import (
        MachineFault,
        check_modes,
        fault_said,
        full_disk,
        is_of_machine,
        machine_fault,
        require_room,
    )
    from orchestration.core.durable import (
        PARTIAL,
        keep_last_lines,
        replacing,
        sha256_of,
        sync,
        write_bytes,
        write_secret,
        write_text,
    )
    from orchestration.core.engine import attach, open_duckdb, quoted, sql_text
    from orchestration.core.errors import (
        Damaged,
        NjiaError,
        RefreshRunning,
        ReleaseRefused,
        ReleaseWaits,
        UsageError,
        escaped,
        kind_and_place,
    )
    from orchestration.core.forgotten import (
        FORGOTTEN,
        Due,
        Original,
        Tombstones,
        due_erasures,
        mark_erased,
        partners_with_tombstones,
        set_tombstones,
        settle,
        submission_mark,
        tombstones_of,
        unite,
    )
    from orchestration.core.home import HOME_JSON, adopt_home, check_home, is_sample_home, prepare_home
    from orchestration.core.key_checks import (
        LINK_KEY,
        RELEASE_KEY,
        RELEASE_PUB,
        SAMPLES_PRIVATE_KEY,
        STEWARDS_RECIPIENT,
        expect_key,
        has_signed,
        installed_public_key,
        is_replaced,
        key_faults,
        key_id,
        key_places,
        load_public_key,
        load_release_key,
        needs,
        settle_checks,
        write_new_release_key,
        write_public_part,
    )
    from orchestration.core.keys import (
        TEXTS_SUFFIX,
        Keys,
        create_missing_keys,
        create_sample_pair,
        decrypted,
        encrypted,
        is_token,
        load_keys,
        new_stewards_pair,
        read_texts,
        record_of,
        shown_record,
        write_texts,
    )
    from orchestration.core.lock import (
        RefreshLock,
        collect_garbage_less_often,
        held_if_free,
        interrupts_kept,
        is_alive,
        is_held,
        last_holder,
        locked_folder,
    )
    from orchestration.core.policies import (
        PublicationPolicy,
        load_publication_policy,
        noise_table,
        number_kept,
    )
    from orchestration.core.refreshes import REFUSED, WAITS, End
    from orchestration.core.settings import (
        DBT_PROJECT,
        LOOPBACK,
        NAIROBI,
        PROJECT_ROOT,
        REFERENCE_SEEDS,
        SAMPLE_PARTNERS,
        Settings,
        dbt_target,
        descriptions_of,
        has_display,
        loopback_hosts,
        schemas_of,
        secret_from,
        seed_rows,
        seed_words,
    )
    from orchestration.core.sums import (
        OWN_SUM,
        SUM,
        add_sums_of,
        json_of,
        line_of,
        note_sums,
        parsed,
        read_json,
        remove_summed,
        summed,
        summed_files,
        write_json,
        write_summed,
    )
    from orchestration.core.texts import (
        LANGUAGES,
        Sentence,
        as_text,
        catalogue,
        in_language,
        listed,
        of_text,
        packed,
        safe,
        say,
        templates,
        text_of,
        texts_for,
        together,
        unpacked,
    )
    from orchestration.core.work import (
        Artifact,
        Results,
        clear_partial,
        clear_work,
        clear_work_left_behind,
        code_of,
        fingerprint_of,
        forget_artifact,
        forget_work,
        is_whole,
        make_artifact,
        note_artifact,
        read_artifact,
        valid_artifact,
    )

offer_when_asked(__name__)
