# shellcheck shell=bash
# What examples/run and tests/run share. Everything said here goes to stderr.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
package_file=$root/tests/packages.debian

say () {
  printf '%s\n' "$*" >&2
}

stop () {
  say "Stopped: $*"
  exit 1
}

# packages SECTION…: the names in these sections of the package file.
packages () {
  awk -v wanted=" $* " '
    /^\[/ { on = index (wanted, " " substr ($1, 2, length ($1) - 2) " ") }
    /^[a-z0-9]/ && on { print $1 }
  ' "$package_file"
}

# missing_packages NAME…: those that are not installed.
missing_packages () {
  local name
  for name; do
    dpkg-query -W -f='${db:Status-Status}\n' "$name" 2>/dev/null | grep -qx installed ||
      printf '%s\n' "$name"
  done
}

# set_up SECTION…: installs what is missing of these sections.
set_up () {
  # The programs of the packages come first: another python3 on the way to
  # them, say, would not have the modules that were installed for theirs.
  export PATH=/usr/sbin:/usr/bin:/sbin:/bin:$PATH

  [[ ${THR_NO_SETUP:-} ]] && return

  local wanted missing as_root=()
  mapfile -t wanted < <(packages "$@")
  [[ $(command -v apt-get) && $(command -v dpkg-query) ]] ||
    stop "this is no Debian system (it has no apt-get), so install what these packages hold, then start again with THR_NO_SETUP=1 in the environment: ${wanted[*]}"

  mapfile -t missing < <(missing_packages "${wanted[@]}")
  ((${#missing[@]})) || return 0

  if ((EUID != 0)); then
    command -v sudo >/dev/null ||
      stop "these packages are missing, and only root may install them (there is no sudo here): run 'apt-get install ${missing[*]}' as root, then start again."
    as_root=(sudo)
  fi

  say "Installing ${#missing[@]} Debian packages and what they need: ${missing[*]}"
  local apt=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -y
             -o Dpkg::Use-Pty=0 -o DPkg::Lock::Timeout=300)
  if ! { "${apt[@]}" update && "${apt[@]}" install --no-install-recommends "${missing[@]}"; } >&2; then
    stop "apt-get could not install the packages; its last lines above say why. It needs the network and a Debian mirror in /etc/apt. Mend that, then start again."
  fi
}

# configure DIR OPTION…: a build folder with these options, made anew only when
# they have changed since.
configure () {
  local dir=$1 options
  shift
  options="$root $(meson --version) $*"
  if [[ -f $dir/build.ninja && $(cat "$dir/configured-with" 2>/dev/null) == "$options" ]]; then
    return 0
  fi
  rm -rf "$dir"
  meson setup "$dir" "$root" "$@" >&2 || return
  printf '%s\n' "$options" >"$dir/configured-with"
}
