#!/usr/bin/env bash
# What is worth knowing before a commit, in minutes: formatting, cycles, and of the crates that have
# changed since a revision (HEAD, or what is given) lints and unit tests; of the page, its types.

set -euo pipefail
. "$(dirname "$0")/env.sh"
cd "$root"

since=${1:-HEAD}
git rev-parse --verify --quiet "$since^{commit}" >/dev/null || die "there is no revision $since"
changed=$({ git diff --name-only "$since"; git ls-files --others --exclude-standard; } | sort -u)
started=$SECONDS

crates=()
for folder in crates/*; do
    crate=${folder#crates/}
    ! grep -q "^crates/$crate/" <<<"$changed" || crates+=("$crate")
done
! grep -qE '^(src|shaders|tests|Cargo\.(toml|lock))' <<<"$changed" || crates+=(agff)

cargo fmt --all --check
node scripts/cycles.mjs
if [ ${#crates[@]} -gt 0 ]; then
    # Always the whole workspace, as the other checks do: a part of it would have other features, and
    # be compiled anew.
    cargo clippy --locked --quiet --workspace --all-targets --features agff/bench -- -D warnings
    cargo test --locked --workspace --lib --bins --no-run 2>&1 | tee /dev/stderr |
        sed -n 's/.*Executable.*(\(.*\))$/\1/p' >"$target/.unit-tests"
    for crate in "${crates[@]}"; do
        folder=$root/crates/$crate name=${crate//-/_}
        case $crate in
            agff) folder=$root ;;
            agff-cli) name=agff ;;
        esac
        # The command line's program is called as the library is; both are run for either.
        grep -E "/$name-[0-9a-f]+\$" "$target/.unit-tests" | while read -r program; do
            (cd "$folder" && "$(realpath "$root/$program" 2>/dev/null || echo "$program")" --quiet)
        done
    done
fi
if grep -q '^www/' <<<"$changed"; then
    (cd www && npm run --silent check)
fi
seconds=$((SECONDS - started))
printf 'checked%s in %d min %02d s\n' "${crates[*]:+ ${crates[*]}}" $((seconds / 60)) $((seconds % 60))
