import { stringify } from 'yaml';
import { manifests } from './manifests';

/** The manifests as one file for `kubectl apply -f`. */
export const yamlOfManifests = () =>
  `# Generated: npm run k8s > deploy/k8s/snapstream.yaml\n${manifests()
    .map((manifest) => stringify(manifest, { aliasDuplicateObjects: false, lineWidth: 0 }))
    .join('---\n')}`;

if (require.main === module) process.stdout.write(yamlOfManifests());
