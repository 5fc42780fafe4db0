# shellcheck shell=bash
# What the deploy user may do in the cluster: change workloads in its namespaces, look at the rest, read no Secret.

give_access() {
  [ ! -e "$state/access" ] || return 0
  kubectl apply -f "$testbed/access/everywhere.yaml" >/dev/null
  local namespace
  for namespace in "${namespaces[@]}"; do allow "$namespace"; done
  write_deployer_configuration | install -m 600 -o "$deploy_user" -g "$deploy_user" /dev/stdin "$state/home/.kube/config"
  : >"$state/access"
}

allow() { kubectl apply --namespace "$1" -f "$testbed/access/in-a-namespace.yaml" >/dev/null; }

write_deployer_configuration() {
  local token; token=$(kubectl create token deployer --namespace testbed --duration 8760h)
  cat <<YAML
apiVersion: v1
kind: Config
current-context: testbed
contexts: [{name: testbed, context: {cluster: testbed, user: deployer}}]
clusters:
- name: testbed
  cluster: {server: "https://$host_ip:6443", certificate-authority-data: "$(base64 -w0 /etc/kubernetes/pki/ca.crt)"}
users:
- name: deployer
  user: {token: "$token"}
YAML
}
