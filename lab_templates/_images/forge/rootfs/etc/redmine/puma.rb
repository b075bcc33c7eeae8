# One process: Redmine's memory counts once a lab.
directory "/usr/share/redmine"
environment "production"
bind "unix:///run/redmine/puma.sock"
threads 1, 4

# Bundler first, then Ruby reads compiled code instead of parsing it: half the time to start.
# The cache was filled when the image was built.
ENV["BUNDLE_GEMFILE"] = "/usr/share/redmine/Gemfile"
require "bundler/setup"
require "msgpack"
require "bootsnap"
Bootsnap.setup(
  cache_dir: "/var/cache/redmine",
  development_mode: false,
  load_path_cache: true,
  compile_cache_iseq: true,
  compile_cache_yaml: true
)
