// The Argo CD of weir's tests: only its CRD manifests are used, out of the
// module's folder, so nothing is imported and nothing is built.
module weir.test/peers/argocd

go 1.21

require github.com/argoproj/argo-cd/v3 v3.2.6
