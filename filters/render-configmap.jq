# What render-configmap tells; --program FILE puts another program in its place.
#
# It is run with one of two inputs, and each result is an APPLY:
#
#   {"namespace", "sources"}    The WerfSources, in the order of their names, each with name, url,
#                               host, path, registry (host as it compares), repository, apiUrl,
#                               pullSecret, project, argocdRepoEnabled; null where there is none.
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
  "- name: \(.name | tojson)\n" +
  (prefix($shared) | line("prefix")) +
  (.apiUrl | line("api_url")) +
  if .pullSecret == null then ""
  else "pullsecret:\($namespace)/\(.pullSecret)" | line("credentials") end +
  "  default: false\n";

def registries($namespace):
  (reduce .[].registry as $registry ({}; .[$registry] += 1)) as $shared |
  if . == [] then "registries: []\n"
  else "registries:\n" + (map(entry($namespace; $shared)) | add) end;

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
  .object.data = {"registries.conf": ($input.sources | registries($namespace))}
else
  apply("argocd-cm"; $namespace) | .shared = true |
  .object += ($input.settings | admin)
end
