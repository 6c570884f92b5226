"""The Applications of the demo, each as somebody might keep it in git. Only texts."""

CHART = "myapp"
NAMESPACE = "d8-delivery"

# The Application of Deckhouse's example, with its rule "~ 1.0".
MYAPP = """\
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata:
  annotations:
    argocd-image-updater.argoproj.io/chart-version: "~ 1.0"
  name: myapp
  namespace: d8-delivery
spec:
  destination:
    namespace: myapp
    server: https://kubernetes.default.svc
  project: default
  source:
    chart: myapp
    repoURL: {repo}
    targetRevision: 1.0.0
  syncPolicy:
    syncOptions:
      - CreateNamespace=true
"""

# The same with the example's other rule. What "~ 0.0" means depends on the library that reads it.
LEGACY = MYAPP.replace('"~ 1.0"', '"~ 0.0"').replace("name: myapp\n  namespace: d8-delivery",
                                                       "name: legacy\n  namespace: d8-delivery")

# Several sources, a comment after the value, a document before it.
SHOP = """\
# The shop, and the project that it belongs to.
apiVersion: argoproj.io/v1alpha1
kind: AppProject
metadata: {{name: shop, namespace: d8-delivery}}
spec:
  sourceRepos: ['*']
---
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata:
  name: shop
  namespace: d8-delivery
  annotations:
    argocd-image-updater.argoproj.io/chart-version: ^1.0
spec:
  project: shop
  destination: {{namespace: shop, server: https://kubernetes.default.svc}}
  sources:
    - repoURL: https://git.example/shop/values.git
      targetRevision: main
      ref: values
    - repoURL: {repo}
      chart: myapp
      targetRevision: "1.0.0"   # weir moves this one, and leaves the comment
      helm:
        valueFiles: [$values/shop.yaml]
"""

# Written on Windows: CRLF at every line's end, a quoted value, flow style.
PORTAL = """\
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata:
  name: portal
  namespace: d8-delivery
  annotations: {{argocd-image-updater.argoproj.io/chart-version: '>= 1.0, < 1.1'}}
spec:
  project: default
  destination: {{namespace: portal, server: 'https://kubernetes.default.svc'}}
  source: {{repoURL: '{repo}', chart: myapp, targetRevision: '1.0.0'}}  # pinned by hand once
""".replace("\n", "\r\n")

# file name, Application, text
FILES = (("myapp.yaml", "myapp", MYAPP), ("legacy.yaml", "legacy", LEGACY),
         ("shop.yaml", "shop", SHOP), ("portal.yaml", "portal", PORTAL))
