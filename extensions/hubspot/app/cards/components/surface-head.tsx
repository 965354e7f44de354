/** The top of every surface below the list: a way back and a title. */
import { Flex, Heading, Link } from '@hubspot/ui-extensions';
import { useHost } from './card-frame.tsx';

export function SurfaceHead({ title, onBack }: { readonly title: string; readonly onBack: () => void }) {
  const { t } = useHost().presenter;
  return (
    <Flex direction="column" gap="xs">
      <Link href="#" preventDefault onClick={onBack} testId="back">
        {`← ${t('card.back')}`}
      </Link>
      <Heading>{title}</Heading>
    </Flex>
  );
}
