# What render-configmap tells; --program FILE puts another program in its place.
#
# It is run with one of two inputs, and each result is an APPLY:
#
#   {"namespace", "sources",    The WerfSources, in the order of their names, each with name, url,
#    "kept",                    host, path, registry (host as it compares), repository, apiUrl,
#    "brokenRegistries"}        pullSecret, project, argocdRepoEnabled; null where there is none.
#                               kept: what stands in the ConfigMap for others that are broken, each
#                               with name, registry, prefix, apiUrl, credentials.
#                               brokenRegistries: those of broken ones, whose neighbours must not
#                               get all of their host.
#   {"namespace", "settings"}   spec.settings of the ModuleConfig `delivery`; null: there is none.
#
# error({reason: "..."}) makes an ERROR of it. libjq 1.6: no if without else.

def apply($name; $namespace):
  {type: "APPLY", object: {apiVersion: "v1", kind: "ConfigMap",
    metadata: {name: $name, namespace: $namespace}}};

# A string is quoted in YAML as in JSON.
def line($key): "  \($key): \(tojson)\n";

# A host that several share is divided by path; else all of it is meant.
def prefix($shared):
  if $shared[.registry] > 1 and .path != "" then .host + "/" + .path else .host end;

def entry($namespace; $shared):
  {name, apiUrl, prefix: prefix($shared),
   credentials: (if .pullSecret == null then null
                 else "pullsecret:\($namespace)/\(.pullSecret)" end)};

def lines:
  "- name: \(.name | tojson)\n" +
  (.prefix | line("prefix")) +
  (.apiUrl | line("api_url")) +
  if .credentials == null then "" else .credentials | line("credentials") end +
  "  default: false\n";

# Those that are whole come first: what is kept may not be in their way.
def with($kept):
  (map({(.name): true}) | add) as $names | (map({(.prefix): true}) | add) as $prefixes |
  . + [$kept[] | select(($names[.name] or $prefixes[.prefix]) | not)] | sort_by(.name);

def registries($namespace; $kept; $broken):
  (reduce ((.[], $kept[]).registry, $broken[]) as $registry ({}; .[$registry] += 1)) as $shared |
  map(entry($namespace; $shared)) | with($kept) |
  if . == [] then "registries: []\n" else "registries:\n" + (map(lines) | add) end;

# A member of a mapping that need not be there.
def member($name; $place):
  if . == null then null
  elif type == "object" then .[$name]
  else error({reason: "\($place): is to be a mapping"}) end;

def admin:
  "spec.settings" as $place |
  member("argocd"; $place) | member("admin"; $place + ".argocd") |
  member("enabled"; $place + ".argocd.admin") |
  if . == null then {}
  elif type == "boolean" then {data: {"admin.enabled": tostring}}
  else error({reason: "\($place).argocd.admin.enabled: is to be true or false"}) end;

. as $input | .namespace as $namespace |
if has("sources") then
  apply("argocd-image-updater-config"; $namespace) |
  .object.data = {"registries.conf": ($input.sources | registries($namespace; $input.kept;
                                                                 $input.brokenRegistries))}
else
  apply("argocd-cm"; $namespace) | .shared = true |
  .object += ($input.settings | admin)
end
