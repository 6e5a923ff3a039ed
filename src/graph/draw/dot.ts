// In: a sketch. Out: Graphviz source that draws it on its own: plates as clusters, the shapes and colours of the SVG.
// A plate that crosses another cannot be a cluster; it is named in a comment.
import { plateTree } from './plate-tree.ts';
import type { PlateTree } from './plate-tree.ts';
import type { Label, Sketch, SketchNode } from './sketch.ts';
import { colours, isDot } from './style.ts';

export const quote = (text: string): string => `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
const html = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
const italic = ({ text, subscript }: Label): string =>
  subscript === '' ? `<<i>${html(text)}</i>>` : `<<i>${html(text)}</i><sub>${html(subscript)}</sub>>`;

export const dotOf = (sketch: Sketch): string => {
  const { trees, left } = plateTree(sketch);
  const lines = [
    `graph ${quote(sketch.title)} {`,
    '  graph [newrank=true, bgcolor="transparent", fontname="Times-Italic", fontsize=12];',
    '  node [fontname="Times", fontsize=14];',
    `  edge [color="${colours.line}", fontname="Times-Italic", fontsize=11];`,
    ...left.map((p) => `  // The plate ${p.label} crosses others: ${p.members.join(', ')}`),
  ];
  const write = (plates: readonly PlateTree[], members: readonly string[], indent: string): void => {
    const inner = new Set(plates.flatMap((p) => p.members));
    for (const n of sketch.nodes) if (members.includes(n.id) && !inner.has(n.id)) lines.push(`${indent}${node(n)}`);
    for (const p of plates) {
      lines.push(`${indent}subgraph ${quote(`cluster ${p.id}`)} {`);
      lines.push(
        `${indent}  label=${quote(p.label)}; labelloc=b; labeljust=r; style=rounded; color="${colours.plate}";`,
      );
      write(p.inside, p.members, `${indent}  `);
      lines.push(`${indent}}`);
    }
  };
  write(
    trees,
    sketch.nodes.map((n) => n.id),
    '  ',
  );
  for (const e of sketch.edges) {
    const [upper, lower] = e.into ? [e.factor, e.variable] : [e.variable, e.factor];
    const attributes = [
      ...(e.label === '' ? [] : [`label=${quote(e.label)}`]),
      ...(e.detached ? ['style=dashed'] : []),
    ];
    lines.push(`  ${quote(upper)} -- ${quote(lower)}${attributes.length === 0 ? '' : ` [${attributes.join(', ')}]`};`);
  }
  for (const l of sketch.links)
    lines.push(
      `  ${quote(l.from)} -- ${quote(l.to)} [style=dotted, constraint=false, color="${colours.netLine}", label=${quote(l.label)}];`,
    );
  lines.push('}', '');
  return lines.join('\n');
};

const node = (n: SketchNode): string => `${quote(n.id)} [${attributesOf(n).join(', ')}];`;

const attributesOf = (n: SketchNode): readonly string[] => {
  switch (n.kind) {
    case 'factor': {
      const colour =
        n.factor === 'regularizer'
          ? colours.regularizer
          : n.factor === 'constraint'
            ? colours.constraint
            : colours.factor;
      const shape =
        n.factor === 'constraint'
          ? ['shape=diamond', 'width=0.2', 'height=0.2', `color="${colour}"`]
          : ['shape=square', 'width=0.17', 'height=0.17', 'style=filled', `fillcolor="${colour}"`, `color="${colour}"`];
      return [...shape, 'fixedsize=true', 'label=""', `xlabel=${quote(n.label.text)}`];
    }
    case 'let':
      return ['shape=ellipse', 'peripheries=2', `label=${italic(n.label)}`];
    case 'net':
      return [
        'shape=box',
        'style="rounded,filled"',
        `fillcolor="${colours.net}"`,
        `color="${colours.netLine}"`,
        `label=${quote(n.label.text)}`,
      ];
    case 'neighbour':
      return ['shape=ellipse', 'style=dashed', `color="${colours.faint}"`, `label=${italic(n.label)}`];
    case 'variable': {
      if (isDot(n)) {
        const colour = n.role === 'param' ? colours.param : colours.observed;
        return ['shape=point', 'width=0.12', `color="${colour}"`, `xlabel=${italic(n.label)}`];
      }
      const fill = n.role === 'observed' ? colours.observed : n.role === 'target' ? colours.target : colours.latent;
      const style = n.role === 'noise' ? '"filled,dotted"' : 'filled';
      return ['shape=ellipse', `style=${style}`, `fillcolor="${fill}"`, `label=${italic(n.label)}`];
    }
  }
};
