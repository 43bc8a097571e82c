#!/usr/bin/env bash
# tests/glib-tsan.sh DIR: builds the distribution's GLib with ThreadSanitizer, and
# installs it into DIR, once. ThreadSanitizer sees only the locks of what was
# built with it, and most of ours are GLib's. Then:
#
#   CC=clang PKG_CONFIG_PATH=DIR/lib/pkgconfig meson setup build-tsan \
#     -Db_sanitize=thread -Db_lundef=false -Dintrospection=disabled
#   meson test -C build-tsan --setup tsan
set -euo pipefail

dir=$(realpath -m "${1:?"give it the folder that GLib is to be installed into"}")
[[ -f $dir/installed ]] && exit

rm -rf "$dir"
mkdir -p "$dir/lists/partial" "$dir/cache/archives/partial" "$dir/source"

# The sources are where the packages are, which is nothing that apt-get has to know
# for itself.
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
apt-get indextargets --format "deb-src [signed-by=$keyring] \$(REPO_URI) \$(RELEASE) main" \
  'Created-By: Packages' 'Origin: Debian' 'Component: main' | sort -u >"$dir/sources.list"
apt=(apt-get -q -o "Dir::Etc::SourceList=$dir/sources.list" -o Dir::Etc::SourceParts=/dev/null
     -o "Dir::State::Lists=$dir/lists" -o "Dir::Cache=$dir/cache" -o APT::Sandbox::User=root)

cd "$dir/source"
"${apt[@]}" update
"${apt[@]}" source glib2.0
cd glib2.0-*/
CC=clang meson setup ../build . --prefix="$dir" --libdir=lib --wrap-mode=nodownload \
  --buildtype=debugoptimized -Db_sanitize=thread -Db_lundef=false -Dtests=false -Dnls=disabled \
  -Dselinux=disabled -Dlibmount=disabled -Dxattr=false
ninja -C ../build
ninja -C ../build install >/dev/null
rm -rf "$dir/lists" "$dir/cache" "$dir/source"
touch "$dir/installed"
