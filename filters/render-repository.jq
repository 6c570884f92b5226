# What render-repository(1) makes of one WerfSource: the Secret by which Argo CD knows its
# repository. Another program in its place: weir render-repository --program FILE.
#
# In: {
#   source: {name, uid, created, generation, url, host, path, repository, apiUrl, pullSecret,
#            project, argocdRepoEnabled},      null where the WerfSource says nothing
#   namespace: "d8-delivery",
#   secretName: "repo-NAME",                   by this name it is found again, and pruned
#   credential: {username, password}           or null: nobody is asked for one
# }
# Out: APPLY messages, as weir-message(7) has them; stringData is turned into data.
{
  type: "APPLY",
  object: {
    apiVersion: "v1",
    kind: "Secret",
    metadata: {
      name: .secretName,
      namespace: .namespace,
      labels: {"argocd.argoproj.io/secret-type": "repository"},
      annotations: {"managed-by": "argocd.argoproj.io"}
    },
    type: "Opaque",
    stringData: (
      {type: "helm", enableOCI: "true", name: .source.name, url: .source.url}
      + (.credential // {})
      + (if .source.project then {project: .source.project} else {} end)
    )
  }
}
